/*
 * /metrics: the text format of Prometheus, version 0.0.4 (prometheus.io, "Exposition formats").
 *
 * Names begin with linkhaul_, units are seconds, bytes and dollars, and what is not known is left
 * out. The label of a job is job_name, since `job` is what Prometheus calls whom it asks.
 */
#pragma once

#include "core/buf.h"
#include "status/snapshot.h"

#define METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"

void metrics_write(struct buf *out, const struct snapshot *snapshot);
