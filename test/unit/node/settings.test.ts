import { describe, expect, expectTypeOf, it } from 'vitest'
import { z } from 'zod'
import type { JsonValue } from '#core/json'
import { defineParameters, parameter } from '#node/parameters'
import { isSetting, PRESETS, SETTINGS, type Settings, settingsFrom, withSettings } from '#node/settings'
import { coded } from '../../support/coded.ts'

/** Effective values of nothing but one parameter. */
const having = (name: string, value: JsonValue) => (section: string, parameterName: string) =>
  `${section}.${parameterName}` === name ? value : undefined

describe('settings', () => {
  it('have typed values', () => {
    expectTypeOf<Settings['heartbeatIntervalMs']>().toEqualTypeOf<number>()
    expectTypeOf<Settings['tunerEnabled']>().toEqualTypeOf<boolean>()
  })

  it('are the defaults of the preset where nothing is written', () => {
    expect(settingsFrom(() => undefined)).toEqual(PRESETS.lan)
    expect(settingsFrom(() => undefined, 'test')).toEqual(PRESETS.test)
    expect(PRESETS.lan).toMatchObject({
      heartbeatIntervalMs: 1_000,
      batchSizeLimit: 64,
      batchTimeLimitMs: 5,
      maxClockDriftMs: 5_000,
    })
  })

  it('are what is written', () => {
    expect(settingsFrom(having('mesh.batch_size_limit', 10)).batchSizeLimit).toBe(10)
    expect(settingsFrom(having('auto_tuner.enabled', false)).tunerEnabled).toBe(false)
    expect(settingsFrom(having('auto_tuner.max_adjustment_pct', 0.1)).maxAdjustmentRatio).toBe(0.1)
  })

  it.each<JsonValue>([0, -1, 19, 60_001, 100.5, '1000', null, true])(
    'are never out of bounds: a heartbeat interval of %j is not taken',
    (value) => {
      expect(settingsFrom(having('mesh.heartbeat_interval_ms', value)).heartbeatIntervalMs).toBe(1_000)
      expect(() => withSettings().checkWrite('mesh', 'heartbeat_interval_ms', value)).toThrow(
        coded('VALUE_INVALID', /^mesh\.heartbeat_interval_ms: expected an integer from 20 to 60000, found /),
      )
    },
  )

  it('each say what they are', () => {
    for (const { description, section, parameter: name } of Object.values(SETTINGS)) {
      expect(description, `${section}.${name}`).toMatch(/^[A-Z].*\.$/)
      expect(isSetting(section, name)).toBe(true)
    }
    expect(isSetting('mesh', 'other')).toBe(false)
  })

  it.each(['lan', 'wan', 'test'] as const)('of the preset %s are within their bounds', (preset) => {
    const declarations = withSettings(undefined, preset)
    expect(settingsFrom((section, name) => declarations.lookup(section, name)?.default, preset)).toEqual(
      PRESETS[preset],
    )
  })
})

describe('declarations with settings', () => {
  it('keep what the user declared, and whether more is allowed', () => {
    const user = defineParameters({ tool_proxy: { default_call_limit: parameter(z.number(), { default: 25 }) } })
    const all = withSettings(user)
    expect(all.lookup('tool_proxy', 'default_call_limit')).toEqual(user.lookup('tool_proxy', 'default_call_limit'))
    expect(all.undeclared).toBe('refuse')
    expect(withSettings().undeclared).toBe('allow')
    expect(all.entries()).toHaveLength(Object.keys(SETTINGS).length + 1)
  })

  it('take the default, rule and priority of a user who declares a setting, within its bounds', () => {
    const user = defineParameters({
      mesh: { batch_size_limit: parameter(z.number().max(100), { default: 10, merge: 'max', priority: 1 }) },
    })
    const all = withSettings(user)
    expect(all.lookup('mesh', 'batch_size_limit')).toMatchObject({ default: 10, merge: 'max', priority: 1 })
    expect(all.validate('mesh', 'batch_size_limit', 100).ok).toBe(true)
    expect(all.validate('mesh', 'batch_size_limit', 101)).toMatchObject({ ok: false })
  })

  it('cannot be widened by a declaration', () => {
    const user = defineParameters({ mesh: { heartbeat_interval_ms: parameter(z.number()) } })
    expect(withSettings(user).validate('mesh', 'heartbeat_interval_ms', 0)).toMatchObject({
      ok: false,
      issues: ['expected an integer from 20 to 60000, found 0'],
    })
  })

  it('refuse a default out of bounds', () => {
    const user = defineParameters({ mesh: { max_retries: parameter(z.number(), { default: 21 }) } })
    expect(() => withSettings(user)).toThrow(
      coded('SCHEMA_INVALID', /^mesh\.max_retries: .*expected an integer from 0 to 20, found 21/),
    )
  })

  it('refuse a schema that excludes the default which it does not replace', () => {
    const user = defineParameters({ mesh: { max_retries: parameter(z.number().min(5)) } })
    expect(() => withSettings(user)).toThrow(coded('SCHEMA_INVALID', /^mesh\.max_retries: the default is refused/))
    expect(withSettings(user, 'wan').lookup('mesh', 'max_retries')?.default).toBe(5)
  })
})
