import type { ClusterConfig } from '../api/cluster-config.ts'
import type { Controller } from '../control/types.ts'
import { flannel } from './flannel/index.ts'
import { kindnet } from './kindnet/index.ts'
import { kubenet } from './kubenet/index.ts'
import { none } from './none/index.ts'
import type { NetworkProvider } from './provider.ts'

/** Networks in the order in which a picker shows them. Being listed here buys the conformance tests. */
export const PROVIDERS: readonly NetworkProvider[] = [flannel, kubenet, kindnet, none]

/** Every daemon and controller of every network; each does nothing in clusters of another network. */
export const PROVIDER_CONTROLLERS: readonly Controller[] = PROVIDERS.flatMap(({ agents, controllers }) => [
  ...agents,
  ...controllers,
])

export function providerOf(config: ClusterConfig): NetworkProvider | undefined {
  return PROVIDERS.find(({ name }) => name === config.networking.cni.name)
}
