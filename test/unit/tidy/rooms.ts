/**
 * The rooms of src and what each may import, besides itself. ARCHITECTURE.md prints this table and a test holds the two
 * equal. An arrow that is missing here is missing on purpose: a room knows nothing of the ones above it.
 */
export const ALLOWED_IMPORTS = {
  core: [],
  codec: ['core'],
  mesh: ['core', 'codec'],
  store: ['core', 'codec'],
  node: ['core', 'codec', 'mesh', 'store'],
  tuner: ['core', 'codec', 'mesh', 'store', 'node'],
  observe: ['core', 'codec', 'mesh', 'store', 'node', 'tuner'],
  sim: ['core', 'codec', 'mesh', 'store', 'node', 'tuner'],
  agent: ['core', 'codec', 'mesh', 'store', 'node', 'tuner', 'observe'],
  cli: ['core', 'codec', 'mesh', 'store', 'node', 'tuner', 'observe', 'sim', 'agent'],
  dashboard: ['codec', 'observe', 'agent'],
  contract: ['core', 'codec', 'mesh', 'store', 'node'],
  index: ['core', 'codec', 'mesh', 'store', 'node', 'observe'],
} as const satisfies Record<string, readonly string[]>

/**
 * What of other rooms is bundled into the page that agents serve. Everything else it imports from them is a type: a browser
 * has none of what they are made of.
 */
export const BUNDLED: readonly string[] = [
  '#codec/event-stream',
  '#observe/space-time/model',
  '#observe/space-time/label',
]

export type Room = keyof typeof ALLOWED_IMPORTS

export const rooms = Object.keys(ALLOWED_IMPORTS) as Room[]
export const isRoom = (name: string): name is Room => Object.hasOwn(ALLOWED_IMPORTS, name)
export const allowedImports = (room: Room): readonly string[] => ALLOWED_IMPORTS[room]

/** `src/core/x.ts` → core, `src/index.ts` → index, '' for what lies elsewhere. */
export function roomOf(path: string): string {
  if (path === 'src/index.ts') return 'index'
  return /^src\/([^/]+)\//.exec(path)?.[1] ?? ''
}

/** The table as ARCHITECTURE.md prints it. */
export function roomsTable(): string {
  const rows = rooms.map((room) => `| ${room} | ${allowedImports(room).join(', ') || 'nothing'} |`)
  return ['| room | may import |', '| --- | --- |', ...rows].join('\n')
}
