// Functions write what goes wrong and what they count to the standard streams, and unit tests provoke a lot of it.
process.env.POWERTOOLS_METRICS_DISABLED = "true";
process.env.POWERTOOLS_LOG_LEVEL = "SILENT";
