import type { AnswerView } from '../../engine/index.ts'

export type { AnswerView, CauseView, CommitView, DecisionView, Question, StepView } from '../../engine/index.ts'
export type Verdict = AnswerView['verdict']
