/* ssmt bench: where the time of a model goes
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_CLI_BENCH_OPERATIONS_H
#define SSMT_CLI_BENCH_OPERATIONS_H

#include <json-glib/json-glib.h>

#include "kernels/kernels.h"

G_BEGIN_DECLS

/* The operations of a device between begin() and end(), by kind and size. */
typedef struct _BenchOperations BenchOperations;

/* From now on the device's operations are timed: one device at a time, from one thread. */
BenchOperations *bench_operations_begin (SsmtDevice *device);
void bench_operations_end (BenchOperations *self);
/* A table, or objects into the array that `json` is in: of each operation the calls, the time and the bytes
 * of weights and states a token, `work` told beside. */
void bench_operations_report (const BenchOperations *self, const char *work, JsonBuilder *json);
void bench_operations_free (BenchOperations *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BenchOperations, bench_operations_free)

G_END_DECLS

#endif /* SSMT_CLI_BENCH_OPERATIONS_H */
