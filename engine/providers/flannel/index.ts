import type { NetworkProvider } from '../provider.ts'
import { checkOptionNames } from '../provider.ts'
import { flanneld } from './flanneld.ts'
import { flannelManifests } from './manifests.ts'
import { BACKENDS } from './net-conf.ts'

const MODELLED = ['vxlan', 'host-gw']

/** flannel: one podCIDR per node, and flanneld that tells every node how to reach the others'. */
export const flannel: NetworkProvider = {
  name: 'flannel',
  agents: [flanneld],
  controllers: [],
  manifests: flannelManifests,
  check(choice, say, path) {
    checkOptionNames(choice, ['backend', 'directRouting', 'vni', 'port'], say, path)
    const backend = choice.backend ?? 'vxlan'
    if (MODELLED.includes(backend)) return
    const at = `${path}.backend`
    if (BACKENDS.includes(backend))
      say.error(
        'not-modelled',
        at,
        `flannel's backend ${backend} is not modelled yet`,
        `Modelled so far: ${MODELLED.join(', ')}.`,
      )
    else say.error('bad-value', at, `flannel has no backend "${backend}"`, `It has ${BACKENDS.join(', ')}.`)
  },
}
