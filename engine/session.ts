import type { Diagnostic } from './api/types.ts'
import { squash } from './core/change.ts'
import type { Change } from './core/change.ts'
import { answerOf, probeDone, startProbe } from './headless/probe.ts'
import { viewCommits } from './headless/view.ts'
import { wroteOf } from './headless/wrote.ts'
import { MIRRORED, MIRRORED_NAMES, mirrored } from './mirror.ts'
import { type Look, type Part, type PartName, isLook, partOf } from './parts.ts'
import type { AnswerView, Command, Question, Update, WorldUpdate } from './protocol.ts'
import { suggestQuestion } from './headless/suggest.ts'
import { type Limits, PAGE_LIMITS } from './limits.ts'
import { diagnosticsOf, editScenario, loadScenario, type Running } from './scenario.ts'
import type { Budget } from './simulation.ts'

/** How long a question may keep the world running, simulated: longer than TCP's last SYN retransmission gives up. */
const QUESTION_BUDGET = { withinUs: 240_000_000, maxEvents: 200_000 }

/**
 * What the page talks to: one world, one question, one moment. Pure: commands in, updates out by the callback.
 *
 *     history:  load  boot ........ | question's packet ........ |
 *                                   ^ where we stop, paused       ^ known already: playing is seeking
 */
export class Session {
  private running: Running | undefined
  /** What was loaded and each edit since, by the moment at which it was made: an edit in the past starts from what held then. */
  private texts: readonly { readonly made: number; readonly running: Running }[] = []
  private question: Question | undefined
  private answer: AnswerView | null = null
  private readonly tell: (update: Update) => void
  private readonly limits: Limits
  private readonly parts: Partial<Record<PartName, Part>> = {}

  /** `tell` may be called any number of times per command; updates of type `progress` may be dropped. */
  constructor(tell: (update: Update) => void, limits: Limits = PAGE_LIMITS) {
    this.tell = tell
    this.limits = limits
  }

  handle(command: Command): void {
    try {
      this.run(command)
    } catch (error) {
      this.tell({ type: 'failed', id: command.id, message: error instanceof Error ? error.message : String(error) })
    }
  }

  /** Gives the session a part that answers looks. Without it they fail. */
  equip(name: PartName, part: Part): void {
    this.parts[name] = part
  }

  /** The part that a command waits for; undefined if it can be handled. */
  lacks(command: Command): PartName | undefined {
    const part = partOf(command)
    return part && !this.parts[part] ? part : undefined
  }

  private run(command: Command): void {
    if (isLook(command)) return this.look(command)
    switch (command.type) {
      case 'load':
      case 'edit':
        return this.load(command)
      case 'ask':
        return this.ask(command.id, command.question)
      case 'seek':
        return this.seek(command.id, command.moment)
    }
  }

  private look(look: Look): void {
    const name = partOf(look)
    const part = name && this.parts[name]
    if (!part) throw new Error(`${look.type}: its part of the engine is not there`)
    this.tell(part.answer(look, this.running?.sim))
  }

  private get world() {
    if (!this.running) throw new Error('no world is loaded yet')
    return this.running.sim
  }

  private load(command: Extract<Command, { type: 'load' | 'edit' }>): void {
    const history = this.running?.sim.moment ?? 0
    const before = this.texts.filter(({ made }) => made < history)
    const old = before.at(-1)?.running // none at the very beginning, when nothing was read yet
    const seed = command.type === 'load' ? command.seed : this.running?.input.seed
    const input = { files: command.files, seed, limits: this.limits }
    const budget = { onSlice: this.progress(command.id) }
    const base = old?.sim.world.position ?? 0
    const loaded = command.type === 'edit' && old ? editScenario(old, input, budget) : loadScenario(input, budget)
    if (!loaded.ok) {
      return this.tell({
        ...this.state(command.id),
        changes: [],
        reset: false,
        rejected: true,
        diagnostics: loaded.diagnostics,
      })
    }
    const { running } = loaded
    this.texts = running.rebuilt ? [{ made: 0, running }] : [...before, { made: history, running }]
    this.running = running
    this.question = command.question ?? this.question
    if (this.pose(budget) !== undefined) {
      this.question = suggestQuestion(this.world.world)
      this.pose(budget)
    }
    const diagnostics = diagnosticsOf(loaded.running)
    if (loaded.running.rebuilt)
      return this.tell({
        ...this.state(command.id),
        reset: true,
        changes: this.everything(),
        timeline: this.timeline(0),
        diagnostics,
      })
    const changes = squash(this.world.world.changes(base))
    this.tell({
      ...this.state(command.id),
      changes: mirrored(changes),
      timeline: this.timeline(history),
      diagnostics,
      wrote: wroteOf(changes),
    })
  }

  private ask(id: number, question: Question): void {
    const base = this.world.world.position
    const history = this.world.moment
    this.question = question
    const refused = this.pose({ onSlice: this.progress(id) })
    if (refused !== undefined) throw new Error(refused)
    this.tell({
      ...this.state(id),
      changes: mirrored(squash(this.world.world.changes(base))),
      timeline: this.timeline(history),
    })
  }

  /** Sends the question's packet, lets it run to its end, and goes back to the moment before it. Returns why it could not be sent. */
  private pose(budget: Budget): string | undefined {
    this.answer = null
    const sim = this.world
    const question = this.question
    if (!question) return undefined
    const start = sim.moment
    let probe: string | undefined
    let refused: string | undefined
    sim.transact('question', (ctx) => {
      const started = startProbe(ctx, question)
      if (started.ok) probe = started.value
      else refused = started.error
    })
    if (probe !== undefined) {
      const id = probe
      sim.runWhile(() => !probeDone(sim.world, id), { ...budget, ...QUESTION_BUDGET })
      sim.settle({ ...budget, withinUs: 2_000_000, maxEvents: 10_000 })
      this.answer = answerOf(sim, id, question, sim.commits.slice(start))
    }
    sim.seek(start)
    return refused
  }

  /** Tells after each slice of a command's events that it goes on. */
  private progress(id: number): Budget['onSlice'] {
    return ({ world, clock }, events) => {
      const pods = world.rows('apiState').reduce((sum, state) => sum + state.pods, 0)
      this.tell({ type: 'progress', id, events, pods, simulatedUs: clock.now })
    }
  }

  private seek(id: number, moment: number): void {
    const changes = this.world.seek(Math.max(0, Math.min(moment, this.world.commits.length)), MIRRORED_NAMES)
    this.tell({ ...this.state(id), changes: mirrored(changes) })
  }

  private state(id: number): Omit<WorldUpdate, 'changes'> {
    const sim = this.running?.sim
    return {
      type: 'world',
      id,
      reset: false,
      moment: sim?.moment ?? 0,
      at: sim?.clock.now ?? 0,
      settled: sim?.settled ?? true,
      answer: this.answer,
    }
  }

  private timeline(from: number): NonNullable<WorldUpdate['timeline']> {
    const commits = this.world.commits
      .slice(from)
      .filter((commit) => commit.notes.length > 0 || commit.steps.length > 0)
    return { from, commits: viewCommits(this.world.world, commits) }
  }

  private everything(): Change[] {
    const world = this.world.world
    return MIRRORED.flatMap((table) => world.rows(table).map((after) => ({ table, id: after.id, after })))
  }
}

export type { Diagnostic }
