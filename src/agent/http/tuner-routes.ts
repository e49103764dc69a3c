import type { FastifyInstance } from 'fastify'
import { type HttpContext, refuseWhileStopping } from './context.ts'
import { ADJUSTMENTS_LISTED } from './limits.ts'
import { limitOf } from './list-limit.ts'
import * as schemas from './schemas.ts'
import * as tunerSchemas from './tuner-schemas.ts'
import { tunerJson } from './tuner-views.ts'

interface Observation {
  readonly metric: string
  readonly value: number | boolean
}

/** The AutoTuner: what it does, what it is told, and who may stop it. */
export function tunerRoutes(app: FastifyInstance, context: HttpContext): void {
  getTuner(app, context)
  postObservations(app, context)
  postRelease(app, context)
  postFreeze(app, context)
}

function getTuner(app: FastifyInstance, { tuner }: HttpContext): void {
  app.get<{ Querystring: { limit?: string } }>(
    '/v1/tuner',
    {
      schema: {
        operationId: 'getTuner',
        summary: 'Goals, what was measured, what is on trial, and the latest adjustments',
        tags: ['tuner'],
        querystring: tunerSchemas.ADJUSTMENTS_QUERY,
        response: schemas.responses(tunerSchemas.TUNER_ANSWER),
      },
    },
    ({ query }) => {
      const limit = limitOf(query.limit, ADJUSTMENTS_LISTED)
      const history = tuner.history()
      return tunerJson(tuner.status(), history.slice(0, limit), history.length)
    },
  )
}

function postObservations(app: FastifyInstance, context: HttpContext): void {
  app.post<{ Body: { observations: readonly Observation[] } }>(
    '/v1/tuner/observations',
    {
      onRequest: async () => refuseWhileStopping(context),
      schema: {
        operationId: 'observe',
        summary: 'Samples of metrics that are tuned by: numbers, or whether something succeeded',
        tags: ['tuner'],
        querystring: schemas.NO_QUERY,
        body: tunerSchemas.OBSERVATIONS_BODY,
        response: schemas.responses(tunerSchemas.OBSERVATIONS_ANSWER, [
          ...schemas.BODY_PROBLEMS,
          'METRIC_INVALID',
          'STOPPING',
        ]),
      },
    },
    async ({ body: { observations } }) => {
      for (const { metric, value } of observations) context.tuner.observe(metric, value)
      return { taken: observations.length }
    },
  )
}

function postRelease(app: FastifyInstance, context: HttpContext): void {
  app.post<{ Body: { parameter?: string } }>(
    '/v1/tuner/release',
    {
      onRequest: async () => refuseWhileStopping(context),
      schema: {
        operationId: 'releaseParameter',
        summary: 'Let the tuner move a parameter that a person set; without one, let it go on after it froze',
        tags: ['tuner'],
        querystring: schemas.NO_QUERY,
        body: tunerSchemas.RELEASE_BODY,
        response: schemas.responses(tunerSchemas.DONE_ANSWER, [
          ...schemas.WRITE_PROBLEMS,
          ...schemas.BODY_PROBLEMS,
          'PARAMETER_UNKNOWN',
        ]),
      },
    },
    async ({ body: { parameter } }) => {
      refuseWhileStopping(context)
      await context.tuner.release(parameter)
      return { done: true }
    },
  )
}

function postFreeze(app: FastifyInstance, context: HttpContext): void {
  app.post<{ Body: { reason?: string } }>(
    '/v1/tuner/freeze',
    {
      onRequest: async () => refuseWhileStopping(context),
      schema: {
        operationId: 'freezeTuner',
        summary: 'Leave every tuned parameter where it is until it is released',
        tags: ['tuner'],
        querystring: schemas.NO_QUERY,
        body: tunerSchemas.FREEZE_BODY,
        response: schemas.responses(tunerSchemas.DONE_ANSWER, [...schemas.WRITE_PROBLEMS, ...schemas.BODY_PROBLEMS]),
      },
    },
    async ({ body: { reason } }) => {
      refuseWhileStopping(context)
      await context.tuner.freeze(reason)
      return { done: true }
    },
  )
}
