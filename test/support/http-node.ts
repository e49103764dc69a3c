import type { ConfigSync } from '#node/api'
import { FakeConfigSync } from '../unit/agent/fake-config-sync.ts'
export const createNode = (): ConfigSync => new FakeConfigSync()
