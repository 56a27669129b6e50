// What the tools print, compared with what the real ones printed inside a flannel node and a pod of it.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { splitWords } from './run.ts'
import { recordedNode } from '../testing/recorded-node.ts'
import { COMMANDS } from './registry.ts'

interface Recorded {
  readonly file: string
  readonly netns: string
  readonly command: string
  readonly status: number
}

const folder = join(import.meta.dirname, '../testing/oracle/text')
const { files } = JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8')) as { files: readonly Recorded[] }
const OURS = ['ip', 'bridge', 'sysctl']
const recorded = files.filter(({ command }) => OURS.includes(command.split(' ')[0]))
const world = recordedNode()

/** Lists whose order is the order of a hash, or of a history that the rows do not keep. */
const UNORDERED = /^ip (-s )?neigh|^ip -6 route$|table all|^bridge fdb/

/** What no row says: how often multicast came, when an entry was confirmed, when the bridge collects garbage. */
function comparable(text: string, command: string): string[] {
  const lines = text
    .replace(/\n$/, '')
    .split('\n')
    .map((line) => line.replace(/gc_timer +\d+\.\d+/, 'gc_timer T').replace(/used (\d+)\/\d+\//, 'used $1/C/'))
    .map((line, i, all) => (all[i - 1]?.includes('mcast   ') ? line.replace(/ +\d+ $/, ' M') : line))
  return UNORDERED.test(command) ? lines.sort() : lines
}

function run(netns: string, command: string) {
  const [name, ...args] = splitWords(command)
  const tool = COMMANDS.find((candidate) => candidate.name === name)
  if (!tool) throw new Error(`no tool ${name}`)
  return tool.run(world, { netns, host: world.get('netns', netns)?.host ?? netns }, args)
}

describe('as recorded', () => {
  test('the recording has texts for these tools', () => expect(recorded.length).toBeGreaterThan(40))

  test.each(recorded.map((one) => [one.netns, one.command, one] as const))(
    '%s: %s',
    (netns, command, { file, status }) => {
      const expected = readFileSync(join(folder, file), 'utf8')
      const { lines, stderr, exitCode } = run(netns, command)
      const text = `${lines.map((line) => `${line.text}\n`).join('')}${stderr}`
      expect(comparable(text, command)).toEqual(comparable(expected, command))
      expect(exitCode).toBe(status)
    },
  )

  test.each(recorded.map((one) => [one.netns, one.command] as const))(
    'every line of %s: %s names its row',
    (netns, command) => {
      expect(run(netns, command).lines.filter((line) => !line.ref?.row)).toEqual([])
    },
  )
})
