import { expect, test } from 'vitest'
import { CONTROLLERS } from '../controllers.ts'
import { ControlLab, deployment, workers } from '../testing/control-lab.ts'
import { COMPONENT_NAMES, setComponents, unknownComponent } from './components.ts'

test('every controller that runs can be named', () => {
  const known: readonly string[] = COMPONENT_NAMES
  expect(CONTROLLERS.map(({ name }) => name).filter((name) => !known.includes(name))).toEqual([])
})

test.each([
  [{ only: ['kube-proxy'] }, undefined],
  [{ stop: ['kubelet', 'kube-scheduler'] }, undefined],
  [{ only: ['kubeproxy'] }, 'unknown component "kubeproxy"; did you mean "kube-proxy"?'],
  [{ stop: ['deployment'] }, 'unknown component "deployment"; did you mean "deployment-controller"?'],
  [
    { only: ['endpointslice-controler'] },
    'unknown component "endpointslice-controler"; did you mean "endpointslice-controller"?',
  ],
])('%j is answered by %j', (components, answer) => expect(unknownComponent(components)).toBe(answer))

test('what is stopped does nothing, and catches up when it is started', () => {
  const lab = new ControlLab({ nodes: workers(1), components: { stop: ['replicaset-controller'] } })
  lab.apply(deployment('web', 2)).settle()
  expect(lab.list('ReplicaSet')).toHaveLength(1)
  expect(lab.list('Pod')).toEqual([])
  lab.sim.transact('start', (ctx) => setComponents(ctx.tx, undefined))
  lab.settle()
  expect(lab.list('Pod')).toHaveLength(2)
})
