import { ADJUSTMENTS_LISTED, OBSERVATIONS_MAX } from './limits.ts'
import {
  answer,
  arrayOf,
  boolean,
  count,
  listQuery,
  nullable,
  number,
  reason,
  request,
  string,
  tunerMode,
} from './schema-parts.ts'

const metric = answer({
  samples: count,
  perSecond: number,
  mean: nullable(number),
  p50: nullable(number),
  p95: nullable(number),
  p99: nullable(number),
  successRate: nullable(number),
})
const objective = answer({
  name: string,
  strategy: string,
  note: { ...string, description: 'what the last window led to, in a sentence' },
  frozen: boolean,
  pauseLeft: { ...count, description: 'windows' },
  revertsInRow: count,
  trial: nullable(answer({ parameter: string, oldValue: number, newValue: number, windows: count })),
  blocked: arrayOf(answer({ parameter: string, value: number, leftMs: number })),
  goals: arrayOf(
    answer({
      metric: string,
      p95AtMost: nullable(number),
      rateAtLeast: nullable(number),
      raise: nullable(string),
      standing: { type: 'string', enum: ['missed', 'met', 'easy', 'unknown'] },
      measured: nullable(metric),
    }),
  ),
  parameters: arrayOf(
    answer({
      parameter: string,
      value: nullable(number),
      min: number,
      max: number,
      step: number,
      owner: nullable(string),
      held: nullable({ ...string, description: 'why the tuner leaves it alone' }),
    }),
  ),
})
export const TUNER_ANSWER = answer({
  mode: tunerMode,
  epoch: count,
  windowMs: number,
  objectives: arrayOf(objective),
  total: { ...count, description: 'adjustments remembered; the answer may hold fewer' },
  adjustments: arrayOf(
    answer({
      kind: { type: 'string', enum: ['adjust', 'revert'] },
      objective: string,
      section: string,
      parameter: string,
      oldValue: nullable(number),
      newValue: nullable(number),
      reason: string,
      epoch: count,
      nodeId: string,
      at: { type: 'number', description: 'milliseconds since 1970 by the clock of this machine' },
      measured: nullable(
        answer({ p95: nullable(number), successRate: nullable(number), throughput: nullable(number) }),
      ),
    }),
  ),
})
export const OBSERVATIONS_ANSWER = answer({ taken: count })
export const DONE_ANSWER = answer({ done: boolean })

export const ADJUSTMENTS_QUERY = listQuery(ADJUSTMENTS_LISTED)
export const OBSERVATIONS_BODY = request(
  {
    observations: {
      ...arrayOf(request({ metric: string, value: { anyOf: [number, boolean] } }, ['metric', 'value'])),
      maxItems: OBSERVATIONS_MAX,
    },
  },
  ['observations'],
)
export const RELEASE_BODY = request({ parameter: { ...string, description: 'section.parameter' } })
export const FREEZE_BODY = request({ reason })
