import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { CustomRule } from '#core/custom-rules'
import type { JsonValue } from '#core/json'
import type { MergeRule } from '#core/update'
import { defineParameters, parameter } from '#node/parameters'

const anything: StandardSchemaV1 = {
  '~standard': { version: 1, vendor: 'configsync', validate: (value) => ({ value }) },
}

/** The parameters of every scheduled run, all in section `s`: one or more for each kind of rule, and values of its kind. */
export const PARAMETERS: Readonly<Record<string, { readonly merge: MergeRule; value(pick: number): JsonValue }>> = {
  latest: { merge: 'latest', value: (pick) => pick },
  latest2: { merge: 'latest', value: (pick) => `value ${pick}` },
  least: { merge: 'min', value: (pick) => pick % 97 },
  most: { merge: 'max', value: (pick) => pick % 97 },
  mean: { merge: 'average', value: (pick) => pick % 97 },
  set: { merge: 'union', value: (pick) => [pick % 5, pick % 7] },
  tree: { merge: 'deep-merge', value: (pick) => ({ [`leaf${pick % 3}`]: pick, twig: { [`leaf${pick % 2}`]: pick } }) },
  longest: { merge: 'custom:longest', value: (pick) => 'x'.repeat(pick % 40) },
  large: { merge: 'latest', value: (pick) => `${pick} `.repeat(300 + (pick % 300)) },
}

const longest: CustomRule = (siblings) =>
  siblings.map(({ value }) => value).reduce((a, b) => (String(b).length > String(a).length ? b : a))

export const RULES = { longest }

/** What a node that knows the rules is given; the others allow anything. */
export const DECLARED = defineParameters(
  {
    s: Object.fromEntries(
      Object.entries(PARAMETERS).map(([name, { merge }]) => [name, parameter(anything, { merge })]),
    ),
  },
  { undeclared: 'allow' },
)
