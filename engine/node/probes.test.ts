import { describe, expect, test } from 'vitest'
import { exitOf, ignoresSigterm } from './exits.ts'
import { fullImage } from './names.ts'
import { backOffSeconds, qosClass } from './pod-status.ts'
import { stepProbe } from './probes.ts'

const S = 1_000_000

describe('when a probe’s verdict flips', () => {
  const probe = { initialDelaySeconds: 5, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 }
  test.each([
    ['passing from the start: at the first try', undefined, true, false, 0, 5 * S],
    [
      'ready before, failing since 12 s: three tries from 15 s on',
      { passes: false, sinceUs: 12 * S, verdict: true },
      false,
      true,
      13 * S,
      35 * S,
    ],
    [
      'passing again since 41 s: at the next try',
      { passes: true, sinceUs: 41 * S, verdict: false },
      true,
      false,
      42 * S,
      45 * S,
    ],
    ['nothing to flip', { passes: true, sinceUs: 0, verdict: true }, true, false, 100 * S, undefined],
  ] as const)('%s', (_what, before, passes, initially, now, flipAtUs) => {
    const step = stepProbe(probe, 0, before, passes, now, initially)
    expect(step.flipAtUs).toBe(flipAtUs)
    if (flipAtUs === undefined) return
    expect(step.state.verdict).not.toBe(passes)
    expect(stepProbe(probe, 0, step.state, passes, flipAtUs, initially).state.verdict).toBe(passes)
  })

  test('what changes before the flip starts the count anew', () => {
    const failing = stepProbe(probe, 0, { passes: true, sinceUs: 0, verdict: true }, false, 12 * S, true)
    expect(failing.flipAtUs).toBe(35 * S)
    const mended = stepProbe(probe, 0, failing.state, true, 20 * S, true)
    expect(mended).toEqual({ state: { passes: true, sinceUs: 20 * S, verdict: true } })
    expect(stepProbe(probe, 0, mended.state, false, 30 * S, true).flipAtUs).toBe(55 * S)
  })
})

test.each([
  [{ command: ['sleep', '90'] }, undefined, { afterUs: 90 * S, code: 0 }],
  [{ command: ['sleep', 'infinity'] }, undefined, undefined],
  [{ command: ['sh', '-c', 'echo hi; sleep 2m; exit 4'] }, undefined, { afterUs: 120 * S, code: 4 }],
  [{ command: ['sh', '-c', 'until nslookup web; do sleep 2; done'] }, undefined, undefined],
  [{ image: 'busybox' }, undefined, { afterUs: 0, code: 0 }],
  [{ image: 'registry.k8s.io/busybox:1.27' }, undefined, { afterUs: 0, code: 0 }],
  [{ image: 'busybox', stdin: true }, undefined, undefined],
  [{ image: 'ubuntu:24.04', tty: true }, undefined, undefined],
  [{ image: 'nginx', command: ['/bin/bash'] }, undefined, { afterUs: 0, code: 0 }],
  [{ image: 'nginx', command: ['/bin/bash', '-l'], stdin: true }, undefined, undefined],
  [{ image: 'nginx', command: ['/bin/bash', '/start.sh'] }, undefined, undefined],
  [{ image: 'nginx' }, undefined, undefined],
  [{ image: 'busybox', args: ['/bin/false'] }, 'Job', { afterUs: 0, code: 1 }],
] as const)('%j ends as %j', (container, owner, exit) => expect(exitOf(container, owner)).toEqual(exit))

test.each([
  [{ command: ['/bin/sh', '-c', 'x'] }, true],
  [{ image: 'busybox:1.36', args: ['sleep', '1'] }, true],
  [{ image: 'nginx' }, false],
  [{ command: ['nginx'] }, false],
])('%j ignores SIGTERM: %s', (container, answer) => expect(ignoresSigterm(container)).toBe(answer))

test.each([
  ['nginx', 'docker.io/library/nginx:latest'],
  ['bitnami/redis:7', 'docker.io/bitnami/redis:7'],
  ['localhost/app', 'localhost/app:latest'],
  ['registry.k8s.io/pause:3.10', 'registry.k8s.io/pause:3.10'],
  ['ghcr.io/a/b@sha256:00', 'ghcr.io/a/b@sha256:00'],
])('image %s is %s', (image, full) => expect(fullImage(image)).toBe(full))

test('back-off doubles from 10 s to 5 min after the first restart', () => {
  expect([1, 2, 3, 4, 5, 6, 7, 8].map(backOffSeconds)).toEqual([0, 10, 20, 40, 80, 160, 300, 300])
})

test.each([
  ['BestEffort', {}],
  ['Burstable', { requests: { cpu: '1' } }],
  ['Guaranteed', { limits: { cpu: '1', memory: '1Gi' } }],
  ['Burstable', { limits: { cpu: '1' } }],
  ['Burstable', { requests: { cpu: '1', memory: '1Gi' }, limits: { cpu: '2', memory: '1Gi' } }],
])('%s: %j', (answer, resources) => expect(qosClass({ containers: [{ resources }] })).toBe(answer))
