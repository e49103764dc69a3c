import { mkdir, writeFile } from 'node:fs/promises'
import { Session } from 'node:inspector/promises'
import { join } from 'node:path'

/** Environment variable: the folder for profiles; without it nothing is profiled. Inherited by the nodes' processes. */
export const PROFILE_FOLDER = 'CONFIGSYNC_BENCH_PROFILE'

const SAMPLING_INTERVAL_US = 250

/** Runs, and leaves a CPU profile of the run that DevTools can open. */
export async function profiled<T>(name: string, wanted: boolean, run: () => Promise<T>): Promise<T> {
  const folder = process.env[PROFILE_FOLDER]
  if (folder === undefined || !wanted) return run()
  const session = new Session()
  session.connect()
  await session.post('Profiler.enable')
  await session.post('Profiler.setSamplingInterval', { interval: SAMPLING_INTERVAL_US })
  await session.post('Profiler.start')
  const result = await run()
  const { profile } = await session.post('Profiler.stop')
  session.disconnect()
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, `${name}.cpuprofile`), JSON.stringify(profile))
  return result
}
