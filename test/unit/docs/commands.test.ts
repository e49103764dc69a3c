import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { root } from '../tidy/sources.ts'
import { agentsNamed, withAgentAddresses } from './addresses.ts'
import { type DocumentedAgents, startAgents } from './agents.ts'
import { answerFault, bodyMatches, readRequest } from './http-exchange.ts'
import { allBlocks, allPages, type Block, isOutput, readerPages, where } from './markdown.ts'
import { runScript } from './script.ts'
import { configsyncArguments, npmScript, shellCommands } from './shell-words.ts'
import { usageFault } from './usage.ts'

const packageJson = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const blocks = allBlocks(allPages())
const named = (chosen: readonly Block[]) => chosen.map((block) => [where(block), block] as const)
const isRun = (block: Block): boolean => block.marks.includes('run')

describe('the commands of the documentation', () => {
  it.each(named(blocks.filter(({ language }) => language === 'sh')))(
    '%s is what the command line takes',
    async (_, block) => {
      expect(await faultsOf(block)).toEqual([])
    },
  )

  it.each(named(blocks.filter((block) => block.language === 'http' && !isOutput(block))))(
    '%s is a request',
    (_, block) => {
      expect(() => readRequest(block.text)).not.toThrow()
    },
  )

  it('are refused here when the command line would refuse them', async () => {
    expect(await usageFault(['get', 'mesh.batch_size_limit', '--json'])).toBeUndefined()
    expect(await usageFault(['--help'])).toBeUndefined()
    expect(await usageFault(['gett', 'mesh.batch_size_limit'])).toContain('gett')
    expect(await usageFault(['get', '--jsn'])).toContain('--jsn')
  })
})

async function faultsOf(block: Block): Promise<string[]> {
  const faults: string[] = []
  for (const command of shellCommands(block.text)) {
    const words = configsyncArguments(command)
    const fault = words === undefined ? undefined : await usageFault(words)
    if (fault !== undefined) faults.push(`${command.join(' ')}: ${fault}`)
    const script = npmScript(command)
    if (script !== undefined && packageJson.scripts[script] === undefined) faults.push(`npm has no script ${script}`)
  }
  return faults
}

/** In the order of the page, on one mesh: a page tells a story, and a block may build on the one before it. */
describe.each(readerPages().filter((page) => blocks.some((block) => block.file === page && isRun(block))))(
  '%s, run',
  (page) => {
    const chosen = blocks.filter((block) => block.file === page && isRun(block))
    let agents: DocumentedAgents

    beforeAll(async () => {
      agents = await startAgents(Math.max(1, agentsNamed(chosen.map(({ text }) => text).join('\n'))))
    })
    afterAll(() => agents?.stop())

    it.each(named(chosen))('%s', async (_, block) => {
      const fault = block.language === 'http' ? await requestFault(block, agents) : await scriptFault(block, agents)
      expect(fault).toBeUndefined()
    })
  },
)

async function scriptFault(block: Block, agents: DocumentedAgents): Promise<string | undefined> {
  const { exitCode, output, errors } = await runScript(
    withAgentAddresses(block.text, agents.addresses),
    agents.addresses[0] ?? '',
  )
  const seen = `exit code ${exitCode}\n${output}${errors}`
  if (exitCode !== 0) return seen
  const expected = block.output && withAgentAddresses(block.output.text, agents.addresses)
  return expected === undefined || bodyMatches(expected, output) ? undefined : seen
}

async function requestFault(block: Block, agents: DocumentedAgents): Promise<string | undefined> {
  const { method, path, headers, body } = readRequest(block.text)
  const { host, ...sent } = headers
  const address = withAgentAddresses(host ?? '127.0.0.1:7101', agents.addresses)
  const init = { method, headers: sent, signal: AbortSignal.timeout(20_000), ...(body === undefined ? {} : { body }) }
  return answerFault(block.output?.text, await fetch(`http://${address}${path}`, init))
}
