/** Three significant digits with the unit that suits: 0.8 ms, 14 ms, 1.2 s, 3 min, 2 h 5 min. */
export function duration(ms: number): string {
  if (ms < 10) return `${trim(ms.toFixed(1))} ms`
  if (ms < 1_000) return `${Math.round(ms)} ms`
  const seconds = ms / 1_000
  if (seconds < 10) return `${trim(seconds.toFixed(1))} s`
  if (seconds < 60) return `${Math.round(seconds)} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} min`
  const hours = Math.floor(minutes / 60)
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`
  return `${Math.floor(hours / 24)} days`
}

const trim = (text: string): string => text.replace(/\.0$/, '')

const pad = (n: number, width = 2): string => String(n).padStart(width, '0')

/** The time of day, in the time zone of whoever looks: 14:03, or 14:03:27. */
export function clock(ms: number, withSeconds: boolean): string {
  const at = new Date(ms)
  return `${pad(at.getHours())}:${pad(at.getMinutes())}${withSeconds ? `:${pad(at.getSeconds())}` : ''}`
}

/** The time of day with milliseconds, and the date when it is another day; in the time zone of whoever looks. */
export function time(ms: number, nowMs = Date.now()): string {
  const at = new Date(ms)
  const ofDay = `${clock(ms, true)}.${pad(at.getMilliseconds(), 3)}`
  if (new Date(nowMs).toDateString() === at.toDateString()) return ofDay
  return `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())} ${ofDay}`
}

export const percent = (share: number): string => `${Math.round(share * 100)} %`

export const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`

/** `node-1~9f86d081884c7d65`: people want the node, and the incarnation only where there are several. */
export const nodeOfOrigin = (origin: string): string => origin.slice(0, origin.lastIndexOf('~'))
