import type { CustomRule, RuleMode } from '#core/custom-rules'
import type { Mesh } from '#mesh/mesh'
import type { Scheduler } from '#mesh/scheduler'
import type { Store } from '#store/store'
import type { Declarations } from './declarations.ts'
import type { Instrumentation } from './instrumentation.ts'
import type { SectionDeclarations, TypedDeclarations } from './parameters.ts'
import type { Preset } from './settings.ts'

export interface ConfigSyncOptions<P extends SectionDeclarations = SectionDeclarations> {
  /** 1 to 128 ASCII letters, digits, `.`, `_`, `-`; unique in the cluster. Its order breaks ties and elects. */
  readonly nodeId: string
  /** nodes of different clusters do not hear each other; default `default` */
  readonly cluster?: string
  readonly mesh: Mesh
  /** keeps the state over restarts of the process; default: none */
  readonly store?: Store
  /** what `defineParameters` or `declarationsFromJson` made; default: anything may be written */
  readonly parameters?: TypedDeclarations<P>
  /** functions for `custom:NAME` merge rules; the same on every node */
  readonly rules?: Readonly<Record<string, CustomRule>>
  /** `development` refuses rules that are no function of the siblings; default: by NODE_ENV, `development` only if it says so */
  readonly ruleMode?: RuleMode
  /** defaults of ConfigSync's own settings; default `lan` */
  readonly preset?: Preset
  /** elapsed time and timers; default: the machine's */
  readonly scheduler?: Scheduler
  /** milliseconds since 1970; default: the machine's clock */
  readonly wallClock?: () => number
  /** 0 ≤ random() < 1; default Math.random. Identities come from the system's secure source whatever this is. */
  readonly random?: () => number
  /** 16 hexadecimal digits, never the same twice; default: the system's secure source */
  readonly newId?: () => string
  /** estimated bytes of one part of a pull, default 256 KiB; a simulation makes them small to have many parts */
  readonly pullPartBytes?: number
  /** told of writes, changes and pulls, for traces: `openTelemetry()` of `configsync/otel` */
  readonly instrumentation?: Instrumentation
  /** how busy this process is, 0 … 1; default: read from the event loop */
  readonly load?: () => number
}

/** The same without the types of what is declared. */
export type UntypedOptions = Omit<ConfigSyncOptions, 'parameters'> & { readonly parameters?: Declarations }
