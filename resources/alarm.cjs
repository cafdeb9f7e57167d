/** An alarm that tells operators, and tells them when it is over; silence is no reason for it. */
module.exports = (properties) => ({
  Type: "AWS::CloudWatch::Alarm",
  Properties: {
    TreatMissingData: "notBreaching",
    AlarmActions: [{ Ref: "AlarmTopic" }],
    OKActions: [{ Ref: "AlarmTopic" }],
    ...properties,
  },
});
