import type { Checker } from './checker.ts'

/** Nobody gives up a member that is up and can be reached well; a process that stood still does not when it wakes either. */
export const noFalseRemoval: Checker = {
  name: 'no-false-removal',
  always({ removals }) {
    const wrong = removals.find(({ excuse }) => excuse === undefined)
    return wrong && { node: wrong.by, what: `${wrong.by} gave up ${wrong.removed}, which was there all the time` }
  },
}
