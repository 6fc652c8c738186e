/* ssmtranslate: one model of a registry
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_CLI_REGISTRY_ENTRY_H
#define SSMT_CLI_REGISTRY_ENTRY_H

#include "engine/cli/registry.h"

G_BEGIN_DECLS

/* `where` names the entry in messages. */
RegistryEntry *registry_entry_read (
    JsonNode *node, const char *pair, const char *where, GError **error);
void registry_entry_free (RegistryEntry *entry);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (RegistryEntry, registry_entry_free)

G_END_DECLS

#endif /* SSMT_CLI_REGISTRY_ENTRY_H */
