// What operators watch of the HTTP API, as resources/observability.yml has it of the REST API; nothing where nobody
// can call it. Its metrics are named otherwise: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html

const alarmWith = require("./alarm.cjs");
const endpointOf = require("./http-api-endpoint.cjs");

module.exports = async ({ resolveVariable }) => {
  const { closed } = await endpointOf({ resolveVariable });
  if (closed) return {};
  const [stage, serverErrors, latencyMilliseconds] = await Promise.all(
    ["sls:stage", "param:alarmServerErrors", "param:alarmLatencyMilliseconds"].map((name) =>
      resolveVariable(name),
    ),
  );
  return {
    Resources: {
      HttpApiServerErrorsAlarm: alarm({
        AlarmName: `gatehouse-${stage}-http-api-server-errors`,
        AlarmDescription:
          "The HTTP API answers 5xx. The functions' logs have the cause under the same requestId.",
        MetricName: "5xx",
        Statistic: "Sum",
        EvaluationPeriods: 1,
        Threshold: serverErrors,
        ComparisonOperator: "GreaterThanOrEqualToThreshold",
      }),
      HttpApiLatencyAlarm: alarm({
        AlarmName: `gatehouse-${stage}-http-api-latency`,
        AlarmDescription: "One request in a hundred by the HTTP API is slower than this stage promises.",
        MetricName: "Latency",
        ExtendedStatistic: "p99",
        EvaluationPeriods: 3,
        Threshold: latencyMilliseconds,
        ComparisonOperator: "GreaterThanThreshold",
      }),
      // Counted together with the REST API's: ThrottledCallsAlarm watches both.
      HttpApiThrottledCalls: {
        Type: "AWS::Logs::MetricFilter",
        Properties: {
          LogGroupName: { Ref: "HttpApiLogGroup" },
          FilterPattern: '{ $.status = "429" }',
          MetricTransformations: [
            {
              MetricNamespace: "Gatehouse",
              MetricName: `${stage}-ThrottledCalls`,
              MetricValue: "1",
              DefaultValue: 0,
            },
          ],
        },
      },
    },
  };
};

function alarm(properties) {
  return alarmWith({
    Namespace: "AWS/ApiGateway",
    Dimensions: [{ Name: "ApiId", Value: { Ref: "HttpApi" } }],
    Period: 300,
    ...properties,
  });
}
