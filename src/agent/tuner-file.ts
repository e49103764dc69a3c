import { ConfigSyncError } from '#core/errors'
import { isJsonObject, type JsonValue } from '#core/json'
import type { Objective } from '#tuner/objective'
import { readTextFile } from './secret.ts'

/**
 * Reads the objectives of an agent's tuner; the parameters' bounds stand in the schema file, as `tune`:
 *
 *     { "objectives": [ { "name": "pool", "strategy": "gradient", "parameters": ["pool.concurrency"],
 *       "goals": [ { "metric": "request_ms", "p95AtMost": 200 }, { "metric": "request_ok", "rateAtLeast": 0.99 } ] } ] }
 *
 * @throws ConfigSyncError SETTING_INVALID, OBJECTIVE_INVALID; what an objective may hold is checked by the tuner itself
 */
export function readObjectives(path: string): readonly Objective[] {
  const file = parsed(path, readTextFile('tuner', path))
  const objectives = isJsonObject(file) ? file['objectives'] : undefined
  if (!isJsonObject(file) || !Array.isArray(objectives))
    throw new ConfigSyncError('OBJECTIVE_INVALID', `${path}: not an object with an array of objectives`)
  const unknown = Object.keys(file).find((key) => key !== 'objectives')
  if (unknown !== undefined) throw new ConfigSyncError('OBJECTIVE_INVALID', `${path}: unknown member ${unknown}`)
  return objectives.map((objective: JsonValue) => {
    if (isJsonObject(objective)) return objective as unknown as Objective
    throw new ConfigSyncError('OBJECTIVE_INVALID', `${path}: an objective is an object`)
  })
}

function parsed(path: string, text: string): JsonValue {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new ConfigSyncError('OBJECTIVE_INVALID', `${path}: ${cause instanceof Error ? cause.message : cause}`, {
      cause,
    })
  }
}
