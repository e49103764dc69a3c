/** What the core takes live. Milliseconds. */
export interface CoreSettings {
  /** H */
  readonly heartbeatIntervalMs: number
  readonly maxClockDriftMs: number
}

/** The design's multiples of the heartbeat interval H, each with its reason. */
export const TIMING = {
  /** a node that starts waits this long before it may be coordinator: it must have heard a living one */
  candidacyH: 3,
  /** and lets a smaller one that has just started go first for so long */
  candidacyDeferH: 1 / 4,
  /** alone this long: ready, because there is nobody to learn from */
  aloneH: 3,
  /** without a sign of life of the coordinator for this long, it is asked */
  coordinatorSilenceH: 2.5,
  /** an ordinary member is asked after this many of its own intervals at their longest */
  memberSilenceIntervals: 3,
  /** asked this many times, so far apart, then given until `answerH` after the first question */
  questions: 3,
  questionsApartH: 1 / 8,
  answerH: 1 / 2,
  /** candidates that are asked beside a silent coordinator, so that several deaths in a row cost little more than one */
  candidatesAsked: 3,
  /** a heartbeat that answers a question goes to all, at most once in this */
  answerApartH: 1 / 4,
  /** a node up for less than `startingH` lets the peers that it meets gather for `greetH` before it greets them */
  startingH: 1,
  greetH: 1 / 40,
  /** a node that may be behind waits this long, and up to so much more at random, before it pulls */
  pullDelayH: 1 / 16,
  pullSpreadH: 1 / 4,
  pullRetryH: 1 / 8,
  /** where answers take longer than that, after two round trips, and no later than this */
  pullRetryMostH: 2,
  pullRetries: 5,
  /** a pull from a member that found nothing is not repeated for this long */
  pullEmptyH: 1 / 2,
  /** so many askers within so long get one broadcast instead of an answer each */
  implosionAskers: 3,
  implosionH: 1 / 4,
  /** extra heartbeats after one's own write */
  promptsH: [0.2, 0.6, 1],
  /** and one after learning something by repair, so long after, and up to so much more */
  learnedPromptH: 1 / 4,
  learnedPromptSpreadH: 1 / 2,
  /** left out when so many others have shown the same digest */
  promptEnough: 2,
  /** who is behind what has been here for so long has missed it, and about so many tell it */
  settledH: 1 / 8,
  behindTold: 3,
  /** origins that changed within this are listed in heartbeats */
  recentH: 4,
  /** a pair repairs a divergence at most once in this */
  unionH: 10,
  /** a tick later than this means that the process stood still, not that everybody else did */
  stallH: 1 / 2,
} as const

/** Spread of heartbeat intervals: narrow in a small mesh; wide in a large one, so that phases do not lock (RFC 3550, 6.3.1). */
export const JITTER_NARROW = { least: 0.9, most: 1.1 } as const
export const JITTER_WIDE = { least: 0.5, most: 1.5 } as const

/** From this load on, 0 … 1, a node serves one pull at a time. */
export const LOAD_HIGH = 0.8
