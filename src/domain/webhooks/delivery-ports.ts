import type { DomainEvent } from "../messaging/domain-event.ts";
import type { AttemptOutcome } from "./attempt-outcome.ts";
import type { Delivery, DeliveryAttempt, DeliveryStatus, GivenUp } from "./delivery.ts";
import type { WebhookEndpoint } from "./endpoint.ts";
import type { Traffic } from "./endpoint-traffic.ts";
import type { WaitingDelivery } from "./waiting-delivery.ts";

/** What is known of a delivery before it is attempted. */
interface DeliveryState {
  /** Undefined where there is none, or no longer. */
  readonly delivery: Delivery | undefined;
  readonly endpoint: WebhookEndpoint | undefined;
  readonly traffic: Traffic;
  /** Whether the delivery's tenant is served at present. */
  readonly served: boolean;
}

/** How an attempt leaves its endpoint. */
export interface Departure {
  /** Undefined where the attempt says nothing of the endpoint. */
  readonly answered: boolean | undefined;
  /** The endpoint asks to be left alone until then, epoch milliseconds. */
  readonly closedUntil?: number | undefined;
}

export interface DeliveryPorts {
  read(waiting: WaitingDelivery): Promise<DeliveryState>;
  /** Takes a slot. False where somebody else has taken it, or the endpoint is closed by now. */
  enter(waiting: WaitingDelivery, slot: number, now: number): Promise<boolean>;
  /** Gives the slot back; an endpoint that has not answered too often is closed for a while. */
  leave(waiting: WaitingDelivery, slot: number, departure: Departure): Promise<void>;
  /** Signs and sends. */
  post(endpoint: WebhookEndpoint, delivery: Delivery, now: number): Promise<AttemptOutcome>;
  /** False where the delivery is no longer as it was read; then nothing is changed. */
  recordAttempt(
    delivery: Delivery,
    outcome: {
      readonly attempt: DeliveryAttempt;
      readonly status: DeliveryStatus;
      readonly nextAttemptAt?: string | undefined;
      readonly failedBecause?: GivenUp | undefined;
    },
  ): Promise<boolean>;
  /** Marks a pending delivery as failed without another attempt. */
  giveUp(delivery: Delivery, because: GivenUp): Promise<void>;
  /** Counts a failed attempt that began at `at`. The endpoint as it is now; undefined where it is gone. */
  failed(endpoint: WebhookEndpoint, at: string): Promise<WebhookEndpoint | undefined>;
  recovered(endpoint: WebhookEndpoint): Promise<void>;
  /** Pauses an endpoint and tells of it, both or neither. False where it was changed in the meantime. */
  pause(endpoint: WebhookEndpoint, because: string, event: DomainEvent<"webhook.paused">): Promise<boolean>;
  enqueue(waiting: WaitingDelivery): Promise<void>;
  /** Puts what could not be delivered where people look. */
  bury(waiting: WaitingDelivery, because: GivenUp): Promise<void>;
  /** Epoch milliseconds. */
  now(): number;
  /** Between 0 and 1. */
  random(): number;
}
