import { createContext } from 'preact'
import { useContext, useEffect, useReducer, useState } from 'preact/hooks'
import type { Cell, Dashboard } from '../model/dashboard.ts'
import type { Observable } from '../model/observable.ts'

export const DashboardContext = createContext<Dashboard>(undefined as never)
export const useDashboard = (): Dashboard => useContext(DashboardContext)

/** Draws again when one of these changes, at most once a frame. */
export function useChanges(...observables: readonly Observable[]): void {
  const [, draw] = useReducer((n: number) => n + 1, 0)
  const drawn = versionOf(observables)
  useEffect(() => {
    // What came after it was drawn and before it listened would never be told again.
    if (versionOf(observables) !== drawn) draw(undefined)
    const stops = observables.map((observable) => observable.subscribe(() => draw(undefined)))
    return () => {
      for (const stop of stops) stop()
    }
  }, observables as Observable[])
}

const versionOf = (observables: readonly Observable[]): number =>
  observables.reduce((sum, { version }) => sum + version, 0)

export function useCell<T>(cell: Cell<T>): T {
  useChanges(cell)
  return cell.value
}

/** Draws again every so often: ages grow by themselves. */
export function useClock(everyMs: number): void {
  const [, draw] = useState(0)
  useEffect(() => {
    const timer = setInterval(() => draw((n) => n + 1), everyMs)
    return () => clearInterval(timer)
  }, [everyMs])
}

const readRoute = (): string[] => location.hash.replace(/^#\/?/, '').split('/').map(decoded)

/** An address may be typed by hand. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

/** The parts of the address after `#/`. */
export function useRoute(): readonly string[] {
  const [route, setRoute] = useState(readRoute)
  useEffect(() => {
    const follow = () => setRoute(readRoute())
    addEventListener('hashchange', follow)
    return () => removeEventListener('hashchange', follow)
  }, [])
  return route
}

export const hrefOf = (...parts: readonly string[]): string => `#/${parts.map(encodeURIComponent).join('/')}`
