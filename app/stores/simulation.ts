import { create } from 'zustand'
import {
  type AnswerView,
  type CommitView,
  type Diagnostic,
  Mirror,
  type ProgressUpdate,
  type Question,
  type SourceFile,
  type StepView,
  type Update,
  type WorldUpdate,
  type Wrote,
} from '../../engine/index.ts'
import { type Beat, beatOfDeath, beatOfOutcome, beatsOf, firstBeatOfWalk, stepOf } from '../sim/beats.ts'
import { EngineClient } from '../sim/client.ts'
import { hungLastTime, markUnderWay, restoreWork, saveWork } from '../sim/saved-work.ts'
import { type Stop, withFolds } from '../timeline/phases.ts'

/** How long a hop is shown at speed 1, whatever its simulated time. */
export const BEAT_MS = 600

/**
 * The page's copy of the world and where the playhead is.
 * `mirror` is mutated by updates; `version` grows with every change of it, so that views know to look again.
 */
export interface SimulationState {
  readonly mirror: Mirror
  readonly version: number
  /** Texts and questions that the engine answered so far, refused ones included. */
  readonly answers: number
  /** Answered edits of the text so far. */
  readonly edits: number
  readonly files: readonly SourceFile[]
  readonly question: Question
  readonly seed: number
  readonly moment: number
  readonly at: number
  readonly settled: boolean
  readonly commits: ReadonlyMap<number, CommitView>
  readonly beats: readonly Stop[]
  /** Index into `beats` of the beat that is shown; -1 before the first. `posed` is where the question's walk begins. */
  readonly playhead: number
  readonly posed: number
  /** Where the packet dies, as an index into `beats`; -1 if it arrives, or if that cannot be said of one place. */
  readonly death: number
  /** Where the answer to the question is known; -1 without one. */
  readonly outcome: number
  /** Commits that began an edit of the text, in order. */
  readonly editedAt: readonly number[]
  /** What the last edit came to; null after a question, or a world made anew. */
  readonly wrote: Wrote | null
  readonly answer: AnswerView | null
  readonly diagnostics: readonly Diagnostic[]
  /** The text as it stands was refused; what is shown is the last good world. */
  readonly rejected: boolean
  /** Whether side branches (ARP, flooded copies) and mere receipts are stops too. */
  readonly detail: boolean
  /** Ids of the phases of an exchange whose packets are stops of their own. */
  readonly unfolded: ReadonlySet<string>
  readonly playing: boolean
  readonly speed: number
  readonly busy: boolean
  readonly slow: boolean
  /** How far the command under way has come; null if none is, or if it has said nothing yet. */
  readonly progress: Pick<ProgressUpdate, 'events' | 'pods'> | null
  /** The engine was given up on, and has been told nothing since. */
  readonly restarted: boolean
  /** This text did not come to an answer last time: it waits until somebody says run. */
  readonly heldBack: boolean
  readonly failure: string | null

  start(): void
  setFiles(files: readonly SourceFile[]): void
  load(files: readonly SourceFile[], question?: Question): void
  ask(question: Question): void
  play(): void
  pause(): void
  setSpeed(speed: number): void
  setDetail(detail: boolean): void
  /** Folds a phase into one stop, or spreads it out and goes to its first packet. */
  setFolded(id: string, folded: boolean): void
  /** Moves the playhead to a beat (-1: before everything known). */
  goTo(beat: number): void
  stepHop(direction: 1 | -1): void
  stepControl(direction: 1 | -1): void
  /** To the first step of the next (or previous) packet. */
  stepPacket(direction: 1 | -1): void
  show(where: { node?: string; pod?: string }, command: string): Promise<Update>
  complete(file: string, text: string, offset: number): Promise<Update>
  hover(file: string, text: string, offset: number): Promise<Update>
  /** An ask of the headless door. */
  inquire(ask: unknown): Promise<Update>
  /** Runs the text as it stands once more, and waits for it as long as it takes. */
  runAgain(): void
  stopEngine(): void
}

const EDIT_DEBOUNCE_MS = 120

let client: EngineClient | undefined
let editTimer: ReturnType<typeof setTimeout> | undefined
let beatTimer: ReturnType<typeof setTimeout> | undefined
let wanted: number | undefined
let seeking = false

export const useSimulation = create<SimulationState>()((set, get) => {
  const receive = (update: Update): void => {
    if (update.type === 'failed') set({ failure: update.message, busy: false })
    if (update.type !== 'world') return
    if (update.timeline || update.rejected) markUnderWay(false)
    set(applyWorld(get(), update))
  }

  const send: EngineClient['send'] = (request, options) => {
    // An engine that was restarted knows no world until it is told one.
    const blank = get().restarted && request.type !== 'load'
    if (!client || blank) return new Promise(() => undefined)
    return client.send(request, options)
  }

  /** Asks the engine for the state at the playhead; requests made meanwhile collapse into the last one. */
  const seekToPlayhead = (): void => {
    const { playhead, beats } = get()
    const beat = beats[playhead]
    wanted = beat ? beat.commit + 1 : 0
    if (seeking) return
    const next = wanted
    if (next === undefined || next === get().moment || get().restarted) return
    seeking = true
    send({ type: 'seek', moment: next }).then(() => {
      seeking = false
      if (wanted !== undefined && wanted !== get().moment) seekToPlayhead()
    })
  }

  const tick = (): void => {
    const { playing, playhead, beats, speed } = get()
    if (!playing) return
    if (playhead + 1 >= beats.length) return set({ playing: false })
    set({ playhead: playhead + 1 })
    seekToPlayhead()
    beatTimer = setTimeout(tick, BEAT_MS / speed)
  }

  const sendFiles = (type: 'load' | 'edit', options?: { readonly patient: boolean }): void => {
    const { files, question, seed } = get()
    markUnderWay(true)
    performance.mark('podwalk:text')
    set({ busy: true, failure: null, restarted: false, heldBack: false })
    send(type === 'load' ? { type, files, seed, question } : { type, files, question }, options)
  }

  return {
    mirror: new Mirror(),
    version: 0,
    answers: 0,
    edits: 0,
    ...restoreWork(),
    seed: 1,
    moment: 0,
    at: 0,
    settled: true,
    commits: new Map(),
    beats: [],
    playhead: -1,
    posed: 0,
    death: -1,
    outcome: -1,
    editedAt: [],
    wrote: null,
    answer: null,
    diagnostics: [],
    rejected: false,
    detail: false,
    unfolded: new Set(),
    playing: false,
    speed: 1,
    busy: true,
    slow: false,
    progress: null,
    restarted: false,
    heldBack: false,
    failure: null,

    start() {
      if (client) return
      saveWork(get())
      client = new EngineClient(
        () => new Worker(new URL('../sim/worker.ts', import.meta.url), { type: 'module', name: 'engine' }),
        {
          onUpdate: receive,
          onSlow: (slow) => set(slow ? { slow } : { slow, progress: null }),
          onProgress: ({ events, pods }) => set({ progress: { events, pods } }),
          onRestart: () => {
            seeking = false
            clearTimeout(beatTimer)
            set({ restarted: true, busy: false, playing: false, slow: false })
          },
        },
      )
      // Leaving while a text is still quick to run is no sign of a hang; a tab that dies does not come here.
      addEventListener('pagehide', () => {
        if (get().busy && !get().slow) markUnderWay(false)
      })
      if (hungLastTime()) set({ heldBack: true, restarted: true, busy: false })
      else sendFiles('load')
    },
    setFiles(files) {
      set({ files })
      saveWork(get())
      clearTimeout(editTimer)
      editTimer = setTimeout(() => sendFiles(get().restarted ? 'load' : 'edit'), EDIT_DEBOUNCE_MS)
      get().pause()
    },
    load(files, question) {
      clearTimeout(editTimer)
      set({ files, question: question ?? get().question })
      saveWork(get())
      get().pause()
      sendFiles('load')
    },
    ask(question) {
      get().pause()
      set({ question })
      saveWork(get())
      if (get().restarted) return sendFiles('load')
      set({ busy: true, failure: null })
      send({ type: 'ask', question })
    },
    play() {
      const { playhead, beats, posed, playing } = get()
      if (playing) return
      if (playhead + 1 >= beats.length) set({ playhead: posed - 1 })
      set({ playing: true })
      tick()
    },
    pause() {
      clearTimeout(beatTimer)
      set({ playing: false })
    },
    setSpeed(speed) {
      set({ speed })
    },
    setDetail(detail) {
      const state = get()
      const history = historyOf({ ...state, detail })
      set({ detail, ...history, playhead: placeOf(state.beats[state.playhead], history.beats) })
    },
    setFolded(id, folded) {
      const state = get()
      const unfolded = new Set(state.unfolded)
      if (folded) unfolded.delete(id)
      else unfolded.add(id)
      const history = historyOf({ ...state, unfolded })
      set({ unfolded, ...history })
      get().goTo(history.beats.findIndex((stop) => stop.fold?.id === id))
    },
    goTo(beat) {
      get().pause()
      set({ playhead: Math.max(-1, Math.min(beat, get().beats.length - 1)) })
      seekToPlayhead()
    },
    stepHop(direction) {
      get().goTo(nextBeat(get(), direction, (beat) => beat.lane === 'data'))
    },
    stepControl(direction) {
      get().goTo(nextBeat(get(), direction, (beat) => beat.lane === 'control'))
    },
    stepPacket(direction) {
      const { beats, commits, playhead } = get()
      const here = stepOf(commits, beats[playhead])?.packet
      get().goTo(nextBeat(get(), direction, (beat) => beat.lane === 'data' && stepOf(commits, beat)?.packet !== here))
    },
    show: (where, command) => send({ type: 'show', where, command }),
    complete: (file, text, offset) => send({ type: 'complete', file, text, offset }),
    hover: (file, text, offset) => send({ type: 'hover', file, text, offset }),
    inquire: (ask) => send({ type: 'headless', ask }),
    runAgain: () => sendFiles('load', { patient: true }),
    stopEngine: () => client?.restart(),
  }
})

/** The step at the playhead, if a packet is under way there. */
export function currentStep(state: Pick<SimulationState, 'commits' | 'beats' | 'playhead'>): StepView | undefined {
  return stepOf(state.commits, state.beats[state.playhead])
}

function applyWorld(state: SimulationState, update: WorldUpdate): Partial<SimulationState> {
  if (update.reset) state.mirror.reset()
  state.mirror.apply(update.changes)
  const next: { -readonly [K in keyof SimulationState]?: SimulationState[K] } = {
    moment: update.moment,
    at: update.at,
    settled: update.settled,
  }
  if (update.changes.length > 0 || update.reset) next.version = state.version + 1
  if (update.answer !== undefined) next.answer = update.answer
  if (update.answer && !sameQuestion(update.answer.question, state.question)) next.question = update.answer.question
  if (update.diagnostics) Object.assign(next, { diagnostics: update.diagnostics, rejected: update.rejected === true })
  if (update.timeline || update.rejected) Object.assign(next, { busy: false, answers: state.answers + 1 })
  if (update.timeline && !update.reset) next.edits = state.edits + 1
  if (update.timeline) {
    const { from, commits: grown } = update.timeline
    const commits = new Map([...state.commits].filter(([index]) => index < from))
    for (const commit of grown) commits.set(commit.index, commit)
    const history = historyOf({ ...state, commits, answer: update.answer ?? null })
    const edit = update.diagnostics !== undefined && !update.reset
    const earlier = state.editedAt.filter((index) => index < from)
    Object.assign(next, {
      commits,
      ...history,
      playhead: history.posed - 1,
      wrote: update.wrote ?? null,
      editedAt: update.reset ? [] : edit ? [...earlier, from] : earlier,
    })
  }
  return next
}

/** The stops of a history, and which of them matter. */
function historyOf({
  commits,
  answer,
  detail,
  unfolded,
}: Pick<SimulationState, 'commits' | 'answer' | 'detail' | 'unfolded'>) {
  const beats = withFolds(beatsOf([...commits.values()], detail), commits, answer, unfolded)
  return {
    beats,
    posed: firstBeatOfWalk(beats, answer),
    death: beatOfDeath(beats, commits, answer),
    outcome: beatOfOutcome(beats, commits, answer),
  }
}

/** The last of some stops that is not after another one; -1 if all are. */
function placeOf(here: Beat | undefined, beats: readonly Stop[]): number {
  if (!here) return -1
  const after = beats.findIndex(
    (beat) => beat.commit > here.commit || (beat.commit === here.commit && beat.step > here.step),
  )
  return (after < 0 ? beats.length : after) - 1
}

function sameQuestion(a: Question, b: Question): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

function nextBeat(state: SimulationState, direction: 1 | -1, wanted: (beat: Beat) => boolean): number {
  for (let i = state.playhead + direction; i >= 0 && i < state.beats.length; i += direction)
    if (wanted(state.beats[i])) return i
  return direction === 1 ? state.playhead : Math.min(state.playhead, state.posed - 1)
}
