/* ssmtranslate tests: YAML from anywhere
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/files/yaml.h"
#include "fuzz.h"

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (GError) error = NULL;
  JsonObject *object = ssmt_yaml_parse (
      (const char *) (size ? data : (const uint8_t *) ""), size, "config.yml", &error);
  JsonNode *node;
  char *text;

  g_assert_true ((object == NULL) == (error != NULL));
  g_assert_true (!error || g_utf8_validate (error->message, -1, NULL));
  if (!object)
    return 0;
  node = json_node_init_object (json_node_alloc (), object);
  text = json_to_string (node, FALSE);
  g_assert_true (g_utf8_validate (text, -1, NULL));
  g_free (text);
  json_node_unref (node);
  json_object_unref (object);
  return 0;
}
