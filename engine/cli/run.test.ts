// Where a command runs: a host by name, a pod by the netns that its sandbox has.
import { describe, expect, test } from 'vitest'
import { Simulation } from '../simulation.ts'
import { hostAdd, netnsAdd } from '../kernel/netlink.ts'
import { runCommand, splitWords } from './run.ts'

function worldWithPod() {
  const sim = new Simulation()
  sim.transact('build', ({ tx }) => {
    hostAdd(tx, { id: 'worker', kind: 'node' })
    netnsAdd(tx, {
      id: 'worker/cni-1',
      host: 'worker',
      path: '/run/netns/cni-1',
      cause: { kind: 'Pod', namespace: 'shop', name: 'web' },
    })
    for (const [namespace, name, hostNetwork] of [
      ['shop', 'web', false],
      ['shop', 'late', false],
    ] as const) {
      const object = {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name, namespace },
        spec: { nodeName: 'worker', hostNetwork, containers: [] },
      }
      tx.put('object', {
        id: `Pod/${namespace}/${name}`,
        cluster: 'kubernetes',
        kind: 'Pod',
        namespace,
        name,
        object,
      } as never) // what the lookup reads of a row
    }
  })
  return sim.world
}

describe('runCommand', () => {
  const world = worldWithPod()

  test.each([
    ['a node', { node: 'worker' }, 'hostname', 'worker'],
    ['a pod without a sandbox row', { pod: 'shop/web' }, 'hostname', 'web'],
  ])('in %s', (_, where, command, text) => {
    const { lines, exitCode } = runCommand(world, where, command)
    expect(lines.map((line) => line.text)).toEqual([text])
    expect(exitCode).toBe(0)
  })

  test.each([
    ['a node that is not there', { node: 'nope' }, 'ip addr', 'no node nope (known: worker)\n', 1],
    ['a pod that is not there', { pod: 'shop/gone' }, 'ip addr', 'pods "gone" not found in namespace "shop"\n', 1],
    ['a pod that has no netns yet', { pod: 'shop/late' }, 'ip addr', 'pod shop/late has no network yet\n', 1],
    ['nowhere', {}, 'ip addr', 'say where: a node or a pod\n', 1],
  ])('not in %s', (_, where, command, stderr, exitCode) => {
    expect(runCommand(world, where, command)).toEqual({ lines: [], stderr, exitCode })
  })

  test('a tool that is not there names those that are', () => {
    const { stderr, exitCode } = runCommand(world, { node: 'worker' }, 'frobnicate -x')
    expect(stderr).toMatch(/^frobnicate: command not found \(known: ip, bridge, /)
    expect(exitCode).toBe(127)
  })
})

test('words split as a shell splits them', () => {
  expect(splitWords(`ip route get "10.0.0.1" from '10.0.0.2'  iif cni0`)).toEqual([
    'ip',
    'route',
    'get',
    '10.0.0.1',
    'from',
    '10.0.0.2',
    'iif',
    'cni0',
  ])
})
