export {
  type CallOptions,
  type Doing,
  saga,
  type SagaDefinition,
  type Undo,
  type Undoing,
} from "./definition.ts";
export type { EndState, Failure, FailureKind, Logged, SagaEvent, SagaState } from "./event.ts";
export { apply, BEGINNING, fold, type Progress } from "./fold.ts";
export { type Decision, isFinal, isSettled, next } from "./interpreter.ts";
export type { Plan, PlanCall, PlanStep, Retry, StepKind } from "./plan.ts";
export { SagaIndex } from "./saga-index.ts";
export type { SagaObject } from "./saga-object.ts";
export { type Sagas, sagas, type SagasOptions } from "./sagas.ts";
export type { SagaSnapshot } from "./snapshot.ts";
