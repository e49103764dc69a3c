import { duration, plural } from '../model/format.ts'
import { useCell, useDashboard } from './hooks.ts'
import { Plot } from './plot.tsx'

interface HeadlineProps {
  readonly boundMs: number
  readonly waiting: number
  readonly oldestWaitingMs: number
}

/** What is under way for longer than everything before it took would make the bound a lie. */
const Headline = ({ boundMs, waiting, oldestWaitingMs }: HeadlineProps) =>
  waiting > 0 && oldestWaitingMs > boundMs ? (
    <p class="headline">
      {plural(waiting, 'change')} not yet everywhere after <strong>{duration(oldestWaitingMs)}</strong>; all others of
      the last hour were everywhere in {duration(boundMs)}
    </p>
  ) : (
    <p class="headline">
      Every change of the last hour was everywhere in <strong>{duration(boundMs)}</strong>
    </p>
  )

/** The measured bound, and what it is a measurement of. */
export function PropagationCard() {
  const propagation = useCell(useDashboard().propagation)
  if (!propagation) return <section class="card" aria-label="Propagation" />
  const { boundMs, p50Ms, changes, waiting, oldestWaitingMs, unmeasured, minutes } = propagation
  return (
    <section class="card" aria-label="Propagation">
      {boundMs === null ? (
        <p class="empty">Nothing was measured yet. Change a parameter, and see here how soon every node had it.</p>
      ) : (
        <>
          <Headline boundMs={boundMs} waiting={waiting} oldestWaitingMs={oldestWaitingMs} />
          <p>
            Half of them in {duration(p50Ms!)}. {plural(changes, 'change')} measured
            {waiting > 0 && `, ${waiting} under way, the oldest for ${duration(oldestWaitingMs)}`}
            {unmeasured > 0 && `; ${unmeasured} since the start came too fast to be measured each`}.
          </p>
          <Plot
            label={`The longest and the median of each minute, the last one ${duration(minutes.at(-1)!.boundMs)}`}
            series={[
              { name: 'longest', points: minutes.map(({ at, boundMs: value }) => ({ at, value })) },
              { name: 'median', points: minutes.map(({ at, p50Ms: value }) => ({ at, value })) },
            ]}
            unit="ms"
          />
        </>
      )}
      <p class="note">
        From when a change was on this node until each member that was live then had shown, by a heartbeat, that it has
        it too. The true time is shorter by the wait for that heartbeat. One clock measures both ends.
      </p>
    </section>
  )
}
