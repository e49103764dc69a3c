import type { FunctionComponent } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import type { Connection } from '../agent/live.ts'
import { duration } from '../model/format.ts'
import { ConfigurationView } from './configuration.tsx'
import { ConflictsView } from './conflicts.tsx'
import { FollowedChanges } from './followed-changes.tsx'
import { hrefOf, useCell, useClock, useDashboard, useRoute } from './hooks.ts'
import { LogView } from './log.tsx'
import { MeshView } from './mesh.tsx'
import { StoryView } from './story.tsx'
import { ThemeSwitch } from './theme-switch.tsx'
import { TokenForm } from './token-form.tsx'
import { TunerView } from './tuner.tsx'
import { VersionVectorsView } from './version-vectors.tsx'

interface Place {
  readonly title: string
  readonly view: FunctionComponent<{ readonly path: readonly string[] }>
}

const PLACES: Readonly<Record<string, Place>> = {
  mesh: { title: 'Mesh', view: MeshView },
  configuration: { title: 'Configuration', view: ConfigurationView },
  vectors: { title: 'Version vectors', view: VersionVectorsView },
  story: { title: 'Story', view: StoryView },
  conflicts: { title: 'Conflicts', view: ConflictsView },
  tuner: { title: 'Tuner', view: TunerView },
  log: { title: 'Log', view: LogView },
}
const FIRST = 'mesh'

export function App() {
  const dashboard = useDashboard()
  const connection = useCell(dashboard.connection)
  const tokenAsked = useCell(dashboard.tokenAsked)
  const [name = '', ...path] = useRoute()
  const place = PLACES[name] ?? PLACES[FIRST]!
  const heading = useRef<HTMLHeadingElement>(null)
  const first = useRef(true)
  useEffect(() => {
    document.title = `${place.title} – ConfigSync`
    // Whoever reads by ear is told where they are now; not when the page opens.
    if (!first.current) heading.current?.focus({ preventScroll: true })
    first.current = false
    scrollTo(0, 0)
  }, [place])
  return (
    <>
      <button type="button" class="skip" onClick={() => document.getElementById('main')?.focus()}>
        To the content
      </button>
      <Header current={place.title} connection={connection} />
      <LostBanner />
      <main id="main" tabIndex={-1}>
        <h1 ref={heading} tabIndex={-1}>
          {place.title}
        </h1>
        {tokenAsked !== 'no' ? <TokenForm /> : <place.view path={path} />}
      </main>
      <FollowedChanges />
    </>
  )
}

function Header({ current, connection }: { readonly current: string; readonly connection: Connection }) {
  const status = useCell(useDashboard().status)
  return (
    <header>
      <div class="brand">
        <strong>ConfigSync</strong>
        {status && (
          <span>
            {status.nodeId} of {status.cluster}
          </span>
        )}
      </div>
      <nav aria-label="Views">
        {Object.entries(PLACES).map(([name, { title }]) => (
          <a key={name} href={hrefOf(name)} aria-current={title === current ? 'page' : undefined}>
            {title}
          </a>
        ))}
      </nav>
      <ConnectionState connection={connection} />
      <ThemeSwitch />
    </header>
  )
}

/** What is shown may be wrong by now, and must not look as if it were not. */
function LostBanner() {
  const sinceMs = useCell(useDashboard().lostSinceMs)
  useClock(1_000)
  if (sinceMs === undefined) return null
  return (
    <p class="banner" role="alert">
      The agent does not answer. What is shown is as it was {duration(performance.now() - sinceMs)} ago.
    </p>
  )
}

const SAID: Readonly<Record<Connection, string>> = {
  connecting: 'connecting …',
  live: 'live',
  lost: 'connection lost, trying again …',
  token: 'needs a token',
}

const ConnectionState = ({ connection }: { readonly connection: Connection }) => (
  <p class={`connection ${connection}`} role="status">
    <span class="mark" aria-hidden="true" />
    {SAID[connection]}
  </p>
)
