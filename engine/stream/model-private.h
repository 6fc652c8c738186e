/* ssmtranslate: what the library sees of a model (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_MODEL_PRIVATE_H
#define SSMT_MODEL_PRIVATE_H

#include "engine/formats/config.h"
#include "ssmt/ssmt-model.h"
#include "engine/network/network.h"
#include "engine/network/scheduler.h"
#include "engine/tokens/tokenizers.h"

G_BEGIN_DECLS

/* Immutable once ssmt_model_load() has returned. */
struct _SsmtModel {
  GObject parent_instance;

  char *path;
  SsmtConfig *config;
  SsmtDevice *device;
  char *device_text;            /* its description, and why it is no better one */
  SsmtTensorSource *weights;
  SsmtNetwork *network;
  SsmtTokenizers tokenizers;
  SsmtScheduler *scheduler;     /* where streams meet */
  guint8 fingerprint[32];

  GMutex primes_lock;           /* the one thing that changes */
  GHashTable *primes;           /* of GBytes, by file; ssmt-prime.c */
};

G_END_DECLS

#endif /* SSMT_MODEL_PRIVATE_H */
