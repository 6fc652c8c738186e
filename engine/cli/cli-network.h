/* ssmtranslate: a network without a tokenizer, from a folder or made up
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_CLI_NETWORK_H
#define SSMT_CLI_NETWORK_H

#include "engine/network/network.h"

G_BEGIN_DECLS

typedef struct {
  SsmtDevice *device;
  SsmtConfig *config;
  SsmtTensorSource *tensors;
  SsmtNetwork *network;
} CliNetwork;

/* Takes `config`, and the tensors of FOLDER. */
CliNetwork *cli_network_open (
    SsmtConfig *config, const char *folder, const char *device, guint threads, GError **error);
typedef struct {
  SsmtDType dtype; /* of the matrices */
  gboolean random; /* FALSE: zeros */
} CliMakeUp;
/* Takes `config`; the weights are made up, as ssmt_tensor_source_make_up() does. */
CliNetwork *cli_network_make_up (SsmtConfig *config, const CliMakeUp *made_up, const char *device,
    guint threads, GError **error);
void cli_network_free (CliNetwork *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CliNetwork, cli_network_free)

/* "f32", "bf16", "i8", "f16" and "q4" to dtype. */
gboolean cli_dtype_parse (const char *name, SsmtDType *dtype);
const char *cli_dtype_name (SsmtDType dtype);

G_END_DECLS

#endif /* SSMT_CLI_NETWORK_H */
