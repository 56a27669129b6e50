import { hairpinScenario } from '../lib/hairpin.mjs'

export default hairpinScenario(false, {
  name: 'hairpin-off',
  title: 'pod web-a connects to the ClusterIP of default/web and is its own endpoint; hairpin mode off',
  settles: 'The bridge does not send a frame back through the port it came from: the connect times out.',
})
