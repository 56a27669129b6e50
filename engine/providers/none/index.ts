import type { NetworkProvider } from '../provider.ts'
import { checkOptionNames } from '../provider.ts'

/** No network at all: nodes stay NotReady and pods stay ContainerCreating, as on a cluster where nobody installed one. */
export const none: NetworkProvider = {
  name: 'none',
  agents: [],
  controllers: [],
  manifests: () => [],
  check: (choice, say, path) => checkOptionNames(choice, [], say, path),
}
