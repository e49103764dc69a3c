/** A metric that an expression names, with the labels that it selects or groups by. */
export interface NamedMetric {
  readonly metric: string
  readonly labels: readonly string[]
}

const KEYWORDS: ReadonlySet<string> = new Set(['and', 'or', 'unless', 'bool', 'offset', 'inf', 'nan'])
const GROUPINGS = /\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)/g

/** Prometheus itself adds these when it scrapes. */
export const SCRAPE_LABELS: readonly string[] = ['job', 'instance']
/** Prometheus itself makes this one. */
export const SCRAPE_METRICS: readonly string[] = ['up']

/**
 * What a PromQL expression reads. Labels in `by (…)` count for each metric of the expression: ours group by nothing that only
 * one side has.
 */
export function metricsOf(expression: string): NamedMetric[] {
  const grouped = [...expression.matchAll(GROUPINGS)].flatMap(([, names]) => labelNames(names!))
  const bare = expression.replace(GROUPINGS, ' ').replace(/\[[^\]]*\]/g, ' ')
  const found: NamedMetric[] = []
  for (const [, name, call, selector] of bare.matchAll(/([a-zA-Z_:][\w:]*)\s*(\()?(\{[^}]*\})?/g)) {
    if (call || KEYWORDS.has(name!.toLowerCase()) || isWithinSelector(bare, name!)) continue
    const selected = [...(selector ?? '').matchAll(/([a-zA-Z_]\w*)\s*(?:=~|!~|!=|=)\s*"/g)].map(([, label]) => label!)
    found.push({ metric: name!, labels: [...new Set([...selected, ...grouped])] })
  }
  return found
}

const labelNames = (text: string): string[] =>
  text
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean)

/** Names that stand only within braces or quotes are labels and their values. */
const isWithinSelector = (expression: string, name: string): boolean =>
  !new RegExp(`\\b${name}\\b`).test(expression.replace(/\{[^}]*\}/g, ' ').replace(/"[^"]*"/g, ' '))

/** The families and labels that a scrape has: a histogram's by the names of its series. */
export function seriesOf(scrape: string): Map<string, Set<string>> {
  const series = new Map<string, Set<string>>()
  for (const line of scrape.split('\n')) {
    const [, name, labels = ''] = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? \S+$/.exec(line) ?? []
    if (name === undefined) continue
    const known = series.get(name) ?? new Set()
    for (const [, label] of labels.matchAll(/([a-zA-Z_]\w*)="/g)) known.add(label!)
    series.set(name, known)
  }
  return series
}

/** What an expression reads that a scrape does not have. */
export function missingIn(series: ReadonlyMap<string, ReadonlySet<string>>, expression: string): string[] {
  const named = metricsOf(expression)
  if (named.length === 0) return ['no metric at all']
  return named.flatMap(({ metric, labels }) => {
    if (SCRAPE_METRICS.includes(metric)) return []
    const known = series.get(metric)
    if (known === undefined) return [metric]
    return labels
      .filter((label) => !SCRAPE_LABELS.includes(label) && !known.has(label))
      .map((label) => `${metric}{${label}}`)
  })
}
