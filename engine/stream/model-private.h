/* ssmtranslate: what the library sees of a model (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_MODEL_PRIVATE_H
#define SSMT_MODEL_PRIVATE_H

#include "engine/formats/config.h"
#include "ssmt/ssmt-model.h"
#include "engine/network/network.h"
#include "engine/network/scheduler.h"
#include "engine/tokens/shortlist.h"
#include "engine/tokens/tokenizers.h"

G_BEGIN_DECLS

/* Keeps a device open, which states need longer than the model; by g_atomic_rc_box_acquire(). */
typedef struct {
  SsmtDevice *device;
} SsmtDeviceHold;

void ssmt_device_hold_release (SsmtDeviceHold *hold);

/* Immutable once ssmt_model_load() has returned. */
struct _SsmtModel {
  GObject parent_instance;

  char *path;
  SsmtConfig *config;
  SsmtDeviceHold *hold;
  SsmtDevice *device; /* that of `hold` */
  char *device_text;  /* its description, and why it is no better one */
  SsmtTensorSource *weights;
  SsmtNetwork *network;
  SsmtTokenizers tokenizers;
  SsmtShortlist *shortlist; /* NULL: there is none */
  SsmtScheduler *scheduler; /* where streams meet */
  guint8 fingerprint[32];

  GMutex primes_lock; /* the one thing that changes */
  GPtrArray *primes;  /* what files of examples became; ssmt-prime.c. NULL: none */
};

G_END_DECLS

#endif /* SSMT_MODEL_PRIVATE_H */
