import type { Change } from './core/change.ts'
import type { Note } from './core/context.ts'
import type { Diagnostic, SourceLocation } from './api/types.ts'
import type { Disposition, Stage } from './kernel/trace/step.ts'
import type { Verdict } from './kernel/trace/reasons.ts'

/** What the page says to the worker. Every command with an `id` is answered by one update that carries it. */
export type Command =
  /** A new world from text: boots, settles, sends the question's packet, and stays at the moment before it. */
  | {
      readonly type: 'load'
      readonly id: number
      readonly files: readonly SourceFile[]
      readonly seed: number
      readonly question?: Question
    }
  /** The text changed at the present moment: the difference is applied, the world settles, the question is asked again. */
  | { readonly type: 'edit'; readonly id: number; readonly files: readonly SourceFile[]; readonly question?: Question }
  /** Another question at the present moment. */
  | { readonly type: 'ask'; readonly id: number; readonly question: Question }
  /** Go to the state after the first `moment` commits. */
  | { readonly type: 'seek'; readonly id: number; readonly moment: number }
  /** Output of a tool on a host or in a pod, with the row behind each line. */
  | {
      readonly type: 'show'
      readonly id: number
      readonly where: { readonly node?: string; readonly pod?: string }
      readonly command: string
    }
  /** Editor help at an offset of a file's text as last sent. */
  | {
      readonly type: 'complete' | 'hover'
      readonly id: number
      readonly file: string
      readonly text: string
      readonly offset: number
    }
  /** Any ask of the headless door (`trace`, `reach`, `matrix`, `kubectl`, `dns`, `exec`). */
  | { readonly type: 'headless'; readonly id: number; readonly ask: unknown }

export interface SourceFile {
  readonly name: string
  readonly text: string
}

/** The question bar: endpoints as `headless.md` spells `from` and `to`. */
export interface Question {
  readonly from: string
  readonly to: string
  readonly port?: number | string
  readonly protocol?: 'TCP' | 'UDP' | 'ICMP' | 'SCTP'
  readonly size?: number
}

/** What the worker says to the page. */
export type Update =
  | WorldUpdate
  | {
      readonly type: 'shown'
      readonly id: number
      readonly lines: readonly ShownLine[]
      readonly stderr: string
      readonly exitCode: number
    }
  | { readonly type: 'completions'; readonly id: number; readonly items: readonly Completion[] }
  | { readonly type: 'hovered'; readonly id: number; readonly markdown: string | null; readonly range?: SourceLocation }
  | { readonly type: 'answered'; readonly id: number; readonly answer: unknown }
  /** A command is under way, and lives. Comes any number of times before the update that answers it. */
  | ProgressUpdate
  /** Our own failure, or a command that makes no sense. The last good world stays. */
  | { readonly type: 'failed'; readonly id: number; readonly message: string }

export interface ProgressUpdate {
  readonly type: 'progress'
  readonly id: number
  /** Events of what is under way now: settling, or the question. */
  readonly events: number
  /** Pods of the world now. */
  readonly pods: number
  /** The world's own time now, microseconds. */
  readonly simulatedUs: number
}

/**
 * Rows that changed and history that grew. `reset` says that the mirror starts from nothing.
 * `timeline` replaces everything from its first index on.
 */
export interface WorldUpdate {
  readonly type: 'world'
  readonly id: number
  readonly reset: boolean
  readonly changes: readonly Change[]
  readonly moment: number
  readonly at: number
  readonly settled: boolean
  readonly timeline?: { readonly from: number; readonly commits: readonly CommitView[] }
  /** The verdict of the question, once its packet came to an end. */
  readonly answer?: AnswerView | null
  readonly diagnostics?: readonly Diagnostic[]
  /** Text could not be used: the world is the last good one. */
  readonly rejected?: boolean
  /** What an edit came to, settled; absent where the world was made anew. */
  readonly wrote?: Wrote
}

/** Objects (`Kind/namespace/name`) and netfilter rules that an edit made, changed and removed, by itself and through the controllers. */
export interface Wrote {
  readonly created: readonly string[]
  readonly updated: readonly string[]
  readonly deleted: readonly string[]
  readonly rules: { readonly added: number; readonly removed: number; readonly hosts: number }
}

export interface CommitView {
  readonly index: number
  readonly at: number
  readonly lane: 'control' | 'data'
  readonly notes: readonly Note[]
  readonly steps: readonly StepView[]
}

/** A step with everything the hop card prints, resolved: rule text, author, the chain of causes to a line of YAML. */
export interface StepView {
  readonly at: number
  readonly packet: string
  readonly branch: string
  readonly host: string
  readonly netns: string
  readonly pod?: string
  readonly dev?: string
  readonly stage: Stage
  readonly action: string
  readonly detail: string
  readonly summary: string
  readonly before?: Readonly<Record<string, string | number>>
  readonly after?: Readonly<Record<string, string | number>>
  readonly headers?: unknown
  readonly decidedBy?: DecisionView
  /** Rows passed on the way to the decision, such as the jumps before a DNAT rule. */
  readonly via?: readonly DecisionView[]
  readonly end?: {
    readonly disposition: Disposition
    readonly reason?: string
    readonly reasonText?: string
    readonly verdict?: Verdict
  }
  /** True for packets that travel back to the one who asked. */
  readonly reply: boolean
}

export interface DecisionView {
  readonly table: string
  readonly id: string
  /** Index of the rule within a chain. */
  readonly rule?: number
  readonly text: string
  readonly owner?: string
  readonly cause?: CauseView
}

export interface CauseView {
  readonly kind: string
  readonly namespace?: string
  readonly name: string
  readonly field?: string
  readonly file: string | null
  readonly line: number | null
  readonly endLine?: number
}

export interface AnswerView {
  readonly question: Question
  readonly verdict: Verdict
  readonly reason: string | null
  readonly sentence: string
  readonly deliveredTo: {
    readonly pod: string | null
    readonly node: string | null
    readonly ip: string
    readonly port: number
  } | null
  readonly clientSees: string
  /** Commits of the walk: from the socket call to its end. */
  readonly firstCommit: number
  readonly lastCommit: number
  /** The decision and cause of the last step of the request, for "show cause". */
  readonly culprit?: DecisionView
}

export interface ShownLine {
  readonly text: string
  readonly table?: string
  readonly rowId?: string
  readonly rule?: number
  readonly owner?: string
  readonly cause?: CauseView
}

export interface Completion {
  readonly label: string
  readonly kind: 'field' | 'value' | 'snippet'
  readonly insert: string
  readonly detail?: string
  readonly documentation?: string
  /** Offsets in the text that the insert replaces. */
  readonly from: number
  readonly to: number
}
