import { traceRequest } from '../../engine/headless/trace.ts'
import { loadScenario } from '../../engine/scenario.ts'
import { clusterText, median } from './scenario.mjs'

/** A cross-node ClusterIP trace with its reply, and a seek to random moments, in a world of so many pods. */
const [pods, nodes, runs] = process.argv.slice(2).map(Number)
const loaded = loadScenario({ files: [{ name: 'bench.yaml', text: clusterText({ pods, nodes }) }], seed: 1 })
if (!loaded.ok) throw new Error(JSON.stringify(loaded.diagnostics.slice(0, 3)))
const { sim } = loaded.running
const target = `svc/app-${Math.ceil(pods / 10) - 1}.default`
const source = 'default/deploy/app-0'

const times = []
let crossed = 0
for (let i = 0; i < runs * 4 && crossed < runs; i++) {
  const started = performance.now()
  const answer = traceRequest(sim, { from: source, to: target, port: 80, seed: i, sourcePort: 40000 + i })
  const ms = performance.now() - started
  if (answer.verdict !== 'delivered') throw new Error(`${answer.verdict}: ${answer.reason}`)
  const nodesMet = new Set(answer.steps.map((step) => step.node))
  if (nodesMet.size < 2) continue
  crossed++
  times.push(ms)
}

const end = sim.commits.length
const seeks = []
for (let i = 0; i < 60; i++) {
  const moment = Math.floor(((i * 0.6180339887) % 1) * end)
  const started = performance.now()
  sim.seek(moment)
  seeks.push(performance.now() - started)
}
process.stdout.write(
  JSON.stringify({
    trace: median(times),
    seek: median(seeks),
    seekMax: Math.max(...seeks),
    commits: end,
    changes: sim.world.end,
  }),
)
