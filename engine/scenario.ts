import { applyScenario, readScenario, type Scenario } from './api/scenario-text.ts'
import type { Diagnostic, KubeObject } from './api/types.ts'
import { bootstrapCluster } from './cluster/bootstrap.ts'
import { type ClusterConfig, resolveClusters, sameWorld } from './cluster/config.ts'
import { attachGivenPods } from './cluster/given-pods.ts'
import { type Components, setComponents } from './control/components.ts'
import type { SourceFile } from './protocol.ts'
import { type Budget, Simulation } from './simulation.ts'

/** Where a scenario comes from: texts, JSON objects, or both. */
export interface ScenarioInput {
  readonly files: readonly SourceFile[]
  readonly objects?: readonly KubeObject[]
  readonly seed?: number
  readonly components?: Components
  readonly admission?: boolean
}

/** A world that runs a scenario, with what was read to make it. */
export interface Running {
  readonly sim: Simulation
  readonly input: ScenarioInput
  readonly scenario: Scenario
  readonly configs: readonly ClusterConfig[]
  readonly diagnostics: readonly Diagnostic[]
  readonly settled: boolean
  /** True where an edit could not be made in the old world, so that this one was made anew from the text. */
  readonly rebuilt: boolean
}

export type Loaded =
  | { readonly ok: true; readonly running: Running }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] }

interface Read {
  readonly scenario: Scenario
  readonly configs: readonly ClusterConfig[]
  readonly diagnostics: readonly Diagnostic[]
}

/** A new world from a scenario: fabric, cluster, objects, all settled. Refused as a whole if any part of it is wrong. */
export function loadScenario(input: ScenarioInput, budget?: Budget): Loaded {
  const read = readInput(input)
  if (read.diagnostics.some(isError)) return { ok: false, diagnostics: read.diagnostics }
  const sim = new Simulation({ seed: input.seed })
  let refused: readonly Diagnostic[] = []
  sim.transact('load', (ctx) => {
    setComponents(ctx.tx, input.components)
    for (const config of read.configs) bootstrapCluster(ctx, config)
    refused = applyScenario(ctx, undefined, read.scenario, { admission: input.admission })
    attachGivenPods(ctx)
  })
  return finish(sim, input, read, refused, budget, true)
}

/**
 * The same world after its text changed, at the present moment: only the difference is applied. A change of the fabric or of
 * the network's provider makes the world anew. If anything is refused, the old world stays untouched.
 */
export function editScenario(old: Running, input: ScenarioInput, budget?: Budget): Loaded {
  const read = readInput(input)
  if (read.diagnostics.some(isError)) return { ok: false, diagnostics: read.diagnostics }
  if (!sameWorld(old.configs, read.configs)) return loadScenario(input, budget)
  const edit = (sim: Simulation): readonly Diagnostic[] => {
    let refused: readonly Diagnostic[] = []
    sim.transact('edit', (ctx) => {
      for (const config of read.configs) bootstrapCluster(ctx, config)
      refused = applyScenario(ctx, old.scenario, read.scenario, { admission: input.admission })
      attachGivenPods(ctx)
    })
    return refused
  }
  const trial = old.sim.explain(edit)
  if (trial.some(isError)) return { ok: false, diagnostics: [...read.diagnostics, ...trial] }
  return finish(old.sim, input, read, edit(old.sim), budget, false)
}

function finish(
  sim: Simulation,
  input: ScenarioInput,
  read: Read,
  refused: readonly Diagnostic[],
  budget: Budget | undefined,
  rebuilt: boolean,
): Loaded {
  const diagnostics = [...read.diagnostics, ...refused]
  if (refused.some(isError)) return { ok: false, diagnostics }
  const settled = sim.settle(budget)
  return {
    ok: true,
    running: { sim, input, scenario: read.scenario, configs: read.configs, diagnostics, settled, rebuilt },
  }
}

function readInput(input: ScenarioInput): Read {
  const scenario = readScenario({ files: input.files, objects: input.objects ?? [] })
  const resolved = resolveClusters(scenario.documents)
  return { scenario, configs: resolved.configs, diagnostics: [...scenario.diagnostics, ...resolved.diagnostics] }
}

function isError(diagnostic: Diagnostic): boolean {
  return diagnostic.severity === 'error'
}
