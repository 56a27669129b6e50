import { hairpinScenario } from '../lib/hairpin.mjs'

export default hairpinScenario(true, {
  name: 'hairpin-on',
  title: 'pod web-a connects to the ClusterIP of default/web and is its own endpoint; hairpin mode on',
  settles: "Masqueraded to the bridge's address 10.244.1.1 and sent back through the port it came from.",
})
