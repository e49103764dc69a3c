import { Core } from '#core/core'
import { PullSession } from '#core/pull-session'
import { Replica } from '#core/replica'
import { strongestFirst } from '#core/resolution'
import { Saver } from '#core/saver'
import type { Update } from '#core/update'

/**
 * A core broken on purpose. All nodes of a program run one code, so replacing a method of a class breaks all of them alike,
 * and no line of the core needs a switch for it.
 */
export interface Mutant {
  readonly what: string
  /** Returns what mends it. */
  breakCore(): () => void
}

/** After each merge, what of the siblings is taken away. */
function mergeThenRemove(doomed: (siblings: readonly Update[]) => readonly Update[]): () => void {
  const { merge } = Replica.prototype
  Replica.prototype.merge = function (update, changes) {
    const outcome = merge.call(this, update, changes)
    for (const sibling of doomed(this.siblings(update.section, update.parameter))) this['remove'](sibling)
    return outcome
  }
  return () => {
    Replica.prototype.merge = merge
  }
}

export const MUTANTS: readonly Mutant[] = [
  {
    what: 'keep only the winner',
    breakCore: () => mergeThenRemove((siblings) => strongestFirst(siblings).slice(1)),
  },
  {
    what: 'let a delete win over a concurrent write',
    breakCore: () =>
      mergeThenRemove((siblings) =>
        siblings.some(({ value }) => value === undefined) ? siblings.filter(({ value }) => value !== undefined) : [],
      ),
  },
  {
    what: 'reuse a sequence after an unclean stop',
    breakCore() {
      const { restore } = Saver.prototype
      Saver.prototype.restore = function (stored) {
        restore.call(this, { ...stored, clean: true })
      }
      return () => {
        Saver.prototype.restore = restore
      }
    },
  },
  {
    what: 'claim after a part of a pull',
    breakCore() {
      const { merge } = PullSession.prototype
      PullSession.prototype.merge = function (replica, updates, changes) {
        merge.call(this, replica, updates, changes)
        if (!this.union) replica.seen.join(this['snapshot']!)
      }
      return () => {
        PullSession.prototype.merge = merge
      }
    },
  },
  {
    what: 'merge a dot that `seen` covers',
    breakCore() {
      const { merge } = Replica.prototype
      Replica.prototype.merge = function (update, changes) {
        const outcome = merge.call(this, update, changes)
        return outcome === 'duplicate' ? this['place'](this.seen.state(update.origin), update, changes) : outcome
      }
      return () => {
        Replica.prototype.merge = merge
      }
    },
  },
  {
    what: 'drop a tombstone without `collected`',
    breakCore() {
      const { collect } = Replica.prototype
      Replica.prototype.collect = function (tombstone) {
        this['remove'](tombstone)
      }
      return () => {
        Replica.prototype.collect = collect
      }
    },
  },
  {
    what: 'forget the lateness of a stalled tick',
    breakCore() {
      const forgiveStall = Core.prototype['forgiveStall']
      Core.prototype['forgiveStall'] = () => undefined
      return () => {
        Core.prototype['forgiveStall'] = forgiveStall
      }
    },
  },
]
