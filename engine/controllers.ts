import { routeController } from './cloud/route-controller.ts'
import { CONTROL_PLANE } from './control/registry.ts'
import { controlRuntime } from './control/runtime.ts'
import type { Controller } from './control/types.ts'
import { kubelet } from './node/kubelet.ts'
import { kubeProxy } from './proxy/kube-proxy.ts'
import { PROVIDER_CONTROLLERS } from './providers/registry.ts'

/** Every control loop and node daemon of a world, in the order in which they are asked about a change. */
export const CONTROLLERS: readonly Controller[] = [
  ...CONTROL_PLANE,
  routeController,
  kubelet,
  kubeProxy,
  ...PROVIDER_CONTROLLERS,
]

export const RUNTIME = controlRuntime(CONTROLLERS)
