// Whatever lies in a queue of dead letters is told of at once, and what to do about it. The queues are with what
// fills them: metering.yml, outbox.yml, consumers.yml, webhooks.yml.

const alarmWith = require("./alarm.cjs");

/** Each alarm and its queue; both are named `gatehouse-<stage>-…`. */
const ALARMS = [
  {
    alarm: "ledger-dead-letters",
    queue: "usage-ledger-dead-letters",
    description:
      "Calls that the ledger failed to book lie in the queue. Give them to the function again within 48 hours of the calls, or they count as late and are not billed.",
  },
  {
    alarm: "outbox-dead-letters",
    queue: "outbox-dead-letters",
    description:
      "An event can never be sent (its message has the reason and the event), or the stream gave up a batch (its message has a batch's position; the sweep sends those). The first is a fault of ours, or somebody forges events.",
  },
  {
    alarm: "audit-dead-letters",
    queue: "audit-dead-letters",
    description:
      'The audit trail did not believe an event. Its reason is with it in the queue; all but "replayed" say that somebody tampers or that something is set wrong.',
  },
  {
    alarm: "audit-undelivered",
    queue: "audit-undelivered-dead-letters",
    description:
      "Events are missing in the audit trail, since its function was not reached or failed. Give them to the function again within 96 hours of when they were signed; later they are refused as stale.",
  },
  {
    alarm: "webhook-dead-letters",
    queue: "webhook-dead-letters",
    description:
      "The function deliverWebhook failed at deliveries again and again. When it is mended, move the messages back to the queue of deliveries. What tenants' endpoints did not take is not here, but in the queue webhook-given-up.",
  },
  {
    alarm: "webhook-events-dead-letters",
    queue: "webhook-events-dead-letters",
    description:
      'An event was not believed, so no webhook tells of it. Its reason is with it in the queue; all but "replayed" say that somebody tampers or that something is set wrong.',
  },
  {
    alarm: "webhook-events-undelivered",
    queue: "webhook-events-undelivered-dead-letters",
    description:
      "No webhooks tell of some events, since routeWebhooks was not reached or failed. Give them to the function again within 96 hours of when they were signed; later they are refused as stale.",
  },
];

module.exports = async ({ resolveVariable }) => {
  const stage = await resolveVariable("sls:stage");
  return {
    Resources: Object.fromEntries(ALARMS.map((entry) => [logicalId(entry.alarm), alarmOf(entry, stage)])),
  };
};

function alarmOf({ alarm, queue, description }, stage) {
  return alarmWith({
    AlarmName: `gatehouse-${stage}-${alarm}`,
    AlarmDescription: description,
    Namespace: "AWS/SQS",
    MetricName: "ApproximateNumberOfMessagesVisible",
    Dimensions: [{ Name: "QueueName", Value: `gatehouse-${stage}-${queue}` }],
    Statistic: "Maximum",
    Period: 300,
    EvaluationPeriods: 1,
    Threshold: 1,
    ComparisonOperator: "GreaterThanOrEqualToThreshold",
  });
}

/** `audit-dead-letters` is AuditDeadLettersAlarm. */
function logicalId(alarm) {
  const words = alarm.split("-").map((word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`);
  return `${words.join("")}Alarm`;
}
