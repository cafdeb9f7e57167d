// Every function's errors and throttles are watched: by alarms over groups of them, since metric math takes
// ten metrics and no more.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Create-alarm-on-metric-math-expression.html

const alarmWith = require("./alarm.cjs");

const MOST_METRICS = 10;

/** They throw to say no, as API Gateway and Cognito want it; what is their own failure, they count. */
const THROW_TO_REFUSE = ["authorizeAdmin", "preTokenGeneration"];

module.exports = async ({ resolveConfigurationProperty, resolveVariable }) => {
  const functions = await resolveConfigurationProperty(["functions"]);
  const stage = await resolveVariable("sls:stage");
  const names = Object.keys(functions).sort();
  const failing = names.filter((name) => !THROW_TO_REFUSE.includes(name));
  return {
    Resources: {
      ...alarms("Errors", failing, "An invocation ended in an error", stage),
      ...alarms("Throttles", names, "Lambda had no room for an invocation", stage),
    },
  };
};

function alarms(metric, functions, what, stage) {
  const resources = {};
  for (const [index, names] of inGroups(functions).entries())
    resources[`Function${metric}Alarm${index + 1}`] = alarm({
      name: `gatehouse-${stage}-function-${metric.toLowerCase()}-${index + 1}`,
      description: `${what}, of one of: ${names.join(", ")}.`,
      metric,
      names,
    });
  return resources;
}

function inGroups(names) {
  const groups = [];
  for (let at = 0; at < names.length; at += MOST_METRICS) groups.push(names.slice(at, at + MOST_METRICS));
  return groups;
}

function alarm({ name, description, metric, names }) {
  return alarmWith({
    AlarmName: name,
    AlarmDescription: description,
    Metrics: [
      { Id: "total", Expression: "SUM(METRICS())", Label: metric, ReturnData: true },
      ...names.map((function_, index) => ({
        Id: `m${index}`,
        Label: function_,
        ReturnData: false,
        MetricStat: {
          Metric: {
            Namespace: "AWS/Lambda",
            MetricName: metric,
            Dimensions: [{ Name: "FunctionName", Value: { Ref: logicalId(function_) } }],
          },
          Period: 300,
          Stat: "Sum",
        },
      })),
    ],
    EvaluationPeriods: 1,
    Threshold: 1,
    ComparisonOperator: "GreaterThanOrEqualToThreshold",
  });
}

/** As the framework names a function's resource. */
function logicalId(name) {
  return `${name.charAt(0).toUpperCase()}${name.slice(1)}LambdaFunction`;
}
