import type { Checker } from './checker.ts'

/** Every frame that arrives damaged is refused, with a code that says so. */
export const damageRefused: Checker = {
  name: 'damage-refused',
  healed({ flipped: { frames, refused } }) {
    return frames === refused ? undefined : { what: `${frames} frames arrived damaged, and ${refused} were refused` }
  },
}
