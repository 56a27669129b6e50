import type { NetworkProvider } from '../provider.ts'
import { checkOptionNames } from '../provider.ts'
import { kubenetAgent } from './agent.ts'

/** kubenet: the kubelet's own bridge, and routes that the cloud keeps. */
export const kubenet: NetworkProvider = {
  name: 'kubenet',
  agents: [kubenetAgent],
  // The route controller belongs to the cloud (`cloud/route-controller.ts`): it runs for every network that needs routes.
  controllers: [],
  manifests: () => [],
  check: (choice, say, path) => checkOptionNames(choice, ['nonMasqueradeCIDR', 'mtu'], say, path),
}
