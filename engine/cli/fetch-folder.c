/* ssmtranslate: the folder that a model is fetched into
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/cli/fetch-folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "engine/cli/cli.h"
#include "engine/cli/fetch-write.h"
#include "engine/cli/registry.h"
#include "engine/files/file.h"
#include "engine/files/json.h"

#define CARD "registry.json"
#define WAIT_US 200000
/* Who lists models reads no more of a card. */
#define MAX_CARD_BYTES (1 << 20)

struct _FetchFolder {
  char *path, *part;
  int lock;      /* of `part` */
  gboolean done; /* `part` has become `path` */
};

static gboolean
fail (const char *path, const char *what, int code, GError **error)
{
  g_autofree char *shown = g_filename_display_name (path);

  g_set_error (error, G_IO_ERROR,
      code == ENOSPC || code == EDQUOT ? G_IO_ERROR_NO_SPACE : g_io_error_from_errno (code),
      "%s: %s: %s", shown, what, g_strerror (code));
  return FALSE;
}

/* --- locks ------------------------------------------------------------------ */

static gboolean
wait_for_lock (int fd, const char *path, GCancellable *cancellable, GError **error)
{
  gboolean said = FALSE;

  while (flock (fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR)
      return fail (path, "cannot be locked", errno, error);
    if (!said)
      cli_message ("another process fetches this model; waiting for it");
    said = TRUE;
    if (g_cancellable_set_error_if_cancelled (cancellable, error))
      return FALSE;
    g_usleep (WAIT_US);
  }
  return TRUE;
}

/* Whether the open folder is still the one of that name: who held the lock may have moved it. */
static gboolean
is_at (int fd, const char *path)
{
  struct stat open_one, named;

  return fstat (fd, &open_one) == 0 && stat (path, &named) == 0 && open_one.st_ino == named.st_ino
      && open_one.st_dev == named.st_dev;
}

static int
lock_folder (const char *path, GCancellable *cancellable, GError **error)
{
  for (;;) {
    int fd;

    if (g_mkdir_with_parents (path, 0755) != 0) {
      fail (path, "cannot be made", errno, error);
      return -1;
    }
    fd = open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
      continue;
    if (fd < 0) {
      fail (path, "cannot be opened", errno, error);
      return -1;
    }
    if (!wait_for_lock (fd, path, cancellable, error)) {
      close (fd);
      return -1;
    }
    if (is_at (fd, path))
      return fd;
    close (fd);
  }
}

FetchFolder *
fetch_folder_open (const char *path, GCancellable *cancellable, GError **error)
{
  g_autofree char *parent = g_path_get_dirname (path);
  g_autofree char *name = g_path_get_basename (path);
  g_autofree char *hidden = g_strdup_printf (".%s.part", name);
  g_autofree char *part = g_build_filename (parent, hidden, NULL);
  int lock = lock_folder (part, cancellable, error);
  FetchFolder *self;

  if (lock < 0)
    return NULL;
  self = g_new0 (FetchFolder, 1);
  self->path = g_build_filename (parent, name, NULL);
  self->part = g_steal_pointer (&part);
  self->lock = lock;
  return self;
}

const char *
fetch_folder_get_part (FetchFolder *self)
{
  return self->part;
}

/* --- cards ------------------------------------------------------------------- */

static char *
to_text (JsonNode *node)
{
  g_autoptr (JsonGenerator) generator = json_generator_new ();

  json_generator_set_root (generator, node);
  json_generator_set_pretty (generator, TRUE);
  return json_generator_to_data (generator, NULL);
}

/* Whether FOLDER/registry.json names the same files. `there`: it is a card at all. */
static gboolean
has_card (const char *folder, JsonObject *card, gboolean *there)
{
  g_autofree char *path = g_build_filename (folder, CARD, NULL);
  g_autoptr (GBytes) file = ssmt_file_load (path, MAX_CARD_BYTES, NULL);
  gsize length;
  const char *text = file ? ssmt_file_get_text (file, &length) : NULL;
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autofree char *has = NULL, *wants = NULL;
  JsonObject *object = NULL;

  *there = FALSE;
  if (text)
    object = ssmt_json_parse (parser, text, length, path, NULL);
  *there = object && json_object_has_member (object, "files");
  if (!*there)
    return FALSE;
  has = to_text (json_object_get_member (object, "files"));
  wants = to_text (json_object_get_member (card, "files"));
  return strcmp (has, wants) == 0;
}

/* What was lost since is fetched again. */
static gboolean
has_files (const char *folder, const GPtrArray *files)
{
  for (guint i = 0; i < files->len; i++) {
    const RegistryFile *file = files->pdata[i];
    g_autofree char *path = g_build_filename (folder, file->name, NULL);
    GStatBuf st;

    if (g_stat (path, &st) != 0 || (file->size > 0 && (guint64) st.st_size != file->size))
      return FALSE;
  }
  return TRUE;
}

gboolean
fetch_folder_check (const char *path, JsonObject *card, const GPtrArray *files, gboolean *current,
    GError **error)
{
  g_autofree char *shown = NULL;
  gboolean fetched;

  *current = FALSE;
  if (!g_file_test (path, G_FILE_TEST_EXISTS))
    return TRUE;
  *current = has_card (path, card, &fetched) && has_files (path, files);
  if (fetched)
    return TRUE;
  shown = g_filename_display_name (path);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_EXISTS,
      "%s: is there already and was not fetched; move it away, or name another folder with --to",
      shown);
  return FALSE;
}

/* --- from the partial folder to the whole -------------------------------------- */

/* Files only: there is nothing else in a model that was fetched. */
static void
remove_files (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while (dir && (name = g_dir_read_name (dir))) {
    g_autofree char *path = g_build_filename (folder, name, NULL);

    g_unlink (path);
  }
}

/* Nothing but the card: nothing has arrived. */
static gboolean
is_bare (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while (dir && (name = g_dir_read_name (dir)))
    if (strcmp (name, CARD) != 0)
      return FALSE;
  return dir != NULL;
}

void
fetch_folder_close (FetchFolder *self)
{
  /* once it is done another process may have a folder of that name */
  if (!self->done && is_bare (self->part)) {
    remove_files (self->part);
    g_rmdir (self->part);
  }
  close (self->lock);
  g_free (self->path);
  g_free (self->part);
  g_free (self);
}

gboolean
fetch_folder_begin (FetchFolder *self, JsonObject *card, GError **error)
{
  g_autofree char *path = g_build_filename (self->part, CARD, NULL);
  g_autofree char *unfinished = g_strconcat (path, ".tmp", NULL);
  g_autoptr (JsonNode) node = json_node_init_object (json_node_alloc (), card);
  g_autofree char *text = to_text (node);
  gboolean there, good;
  int fd;

  if (strlen (text) > MAX_CARD_BYTES) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
        "what the registry says of this model has more than %d bytes", MAX_CARD_BYTES);
    return FALSE;
  }
  if (!has_card (self->part, card, &there))
    remove_files (self->part);
  fd = fetch_write_open (unfinished, FALSE, error);
  if (fd < 0)
    return FALSE;
  good =
      fetch_write (fd, path, text, strlen (text), error) && fetch_write (fd, path, "\n", 1, error);
  if (fetch_write_close (fd, path, good, good ? error : NULL) && good
      && fetch_rename (unfinished, path, error))
    return TRUE;
  g_unlink (unfinished);
  return FALSE;
}

/* Both are there at any time, under one name or the other, where the file system can do that. */
static gboolean
swap (const char *a, const char *b)
{
  g_autofree char *aside = NULL;

  if (renameat2 (AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE) == 0)
    return TRUE;
  if (errno != EINVAL && errno != ENOSYS)
    return FALSE;
  aside = g_strconcat (a, ".old", NULL);
  return rename (b, aside) == 0 && rename (a, b) == 0 && rename (aside, a) == 0;
}

/* The old folder is locked until it is gone: nobody takes it for a partial one. */
static gboolean
replace (FetchFolder *self, GError **error)
{
  int old = open (self->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  if (old < 0 || flock (old, LOCK_EX) != 0 || !swap (self->part, self->path)) {
    fail (self->path, "cannot be replaced", errno, error);
    if (old >= 0)
      close (old);
    return FALSE;
  }
  remove_files (self->part);
  g_rmdir (self->part);
  close (old);
  return TRUE;
}

gboolean
fetch_folder_finish (FetchFolder *self, GError **error)
{
  if (g_file_test (self->path, G_FILE_TEST_EXISTS))
    self->done = replace (self, error);
  else
    self->done = rename (self->part, self->path) == 0
        || fail (self->path, "cannot be put in its place", errno, error);
  return self->done;
}
