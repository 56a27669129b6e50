import type { NetworkProvider } from '../provider.ts'
import { checkOptionNames } from '../provider.ts'
import { kindnetd } from './kindnetd.ts'
import { kindnetManifests } from './manifests.ts'

/** kindnet: kind's default network, pods on routed wires and one route per other node. */
export const kindnet: NetworkProvider = {
  name: 'kindnet',
  agents: [kindnetd],
  controllers: [],
  manifests: kindnetManifests,
  check: (choice, say, path) => checkOptionNames(choice, [], say, path),
}
