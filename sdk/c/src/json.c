/* As much JSON as a program needs that knows the shape of its data. */

#include "refrain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

static const char *skip_space(const char *at) {
  while (*at == ' ' || *at == '\n' || *at == '\t' || *at == '\r') at++;
  return at;
}

/* Past a string that begins here. NULL: it does not end. */
static const char *skip_string(const char *at) {
  for (at++; *at != '"'; at++) {
    if (*at == '\\') at++;
    if (*at == 0) return NULL;
  }
  return at + 1;
}

/* Past a value. NULL: it does not end. */
static const char *skip_value(const char *at) {
  size_t depth = 0;
  do {
    at = skip_space(at);
    switch (*at) {
      case 0: return NULL;
      case '"':
        if (!(at = skip_string(at))) return NULL;
        break;
      case '{': case '[': depth++; at++; break;
      case '}': case ']':
        if (depth == 0) return NULL;
        depth--; at++; break;
      case ',': case ':':
        if (depth == 0) return NULL;
        at++; break;
      default:
        while (*at && !strchr(" \n\t\r,:{}[]\"", *at)) at++;
    }
  } while (depth > 0);
  return at;
}

static const char *copy_value(const char *at) {
  at = skip_space(at);
  const char *end = skip_value(at);
  return end ? rf_text_copy(at, (size_t)(end - at)) : NULL;
}

const char *refrain_item(const char *json, size_t nth) {
  const char *at = json ? skip_space(json) : "";
  if (*at++ != '[') return NULL;
  at = skip_space(at);
  if (*at == ']') return NULL;
  for (; nth > 0; nth--) {
    at = skip_value(at);
    if (!at) return NULL;
    at = skip_space(at);
    if (*at++ != ',') return NULL;
  }
  return copy_value(at);
}

/* Where the value of a field begins: of the one of that name, or, without a name, of the nth. Its key goes with it. */
static const char *find(const char *json, const char *name, size_t nth, const char **found) {
  const char *at = json ? skip_space(json) : "";
  if (*at++ != '{') return NULL;
  for (at = skip_space(at); *at == '"'; at = skip_space(at + 1)) {
    const char *key = copy_value(at);
    at = key ? skip_string(at) : NULL;
    if (!at) return NULL;
    at = skip_space(at);
    if (*at++ != ':') return NULL;
    *found = refrain_text(key);
    free((void *)key);
    if (*found && (name ? strcmp(*found, name) == 0 : nth-- == 0)) return at;
    free((void *)*found);
    at = skip_value(at);
    if (!at) return NULL;
    at = skip_space(at);
    if (*at != ',') return NULL;
  }
  return NULL;
}

const char *refrain_field(const char *json, const char *name) {
  const char *key, *at = find(json, name, 0, &key);
  if (!at) return NULL;
  free((void *)key);
  return copy_value(at);
}

const char *refrain_field_name(const char *json, size_t nth) {
  const char *key;
  return find(json, NULL, nth, &key) ? key : NULL;
}

static uint32_t hex(const char *at) {
  uint32_t value = 0;
  for (int n = 0; n < 4; n++) {
    char c = at[n];
    if (c >= '0' && c <= '9') value = value * 16 + (uint32_t)(c - '0');
    else if (c >= 'a' && c <= 'f') value = value * 16 + (uint32_t)(c - 'a' + 10);
    else if (c >= 'A' && c <= 'F') value = value * 16 + (uint32_t)(c - 'A' + 10);
    else return UINT32_MAX;
  }
  return value;
}

static char *put_utf8(char *to, uint32_t c) {
  if (c < 0x80) {
    *to++ = (char)c;
  } else if (c < 0x800) {
    *to++ = (char)(0xc0 | c >> 6);
    *to++ = (char)(0x80 | (c & 0x3f));
  } else if (c < 0x10000) {
    *to++ = (char)(0xe0 | c >> 12);
    *to++ = (char)(0x80 | (c >> 6 & 0x3f));
    *to++ = (char)(0x80 | (c & 0x3f));
  } else {
    *to++ = (char)(0xf0 | c >> 18);
    *to++ = (char)(0x80 | (c >> 12 & 0x3f));
    *to++ = (char)(0x80 | (c >> 6 & 0x3f));
    *to++ = (char)(0x80 | (c & 0x3f));
  }
  return to;
}

const char *refrain_text(const char *json) {
  const char *at = json ? skip_space(json) : "";
  if (*at != '"' || !skip_string(at)) return NULL;
  /* Escapes are never shorter than what they stand for. */
  char *text = rf_must_alloc(strlen(at) + 1), *to = text;
  for (at++; *at != '"'; at++) {
    if (*at != '\\') {
      *to++ = *at;
      continue;
    }
    switch (*++at) {
      case 'b': *to++ = '\b'; break;
      case 'f': *to++ = '\f'; break;
      case 'n': *to++ = '\n'; break;
      case 'r': *to++ = '\r'; break;
      case 't': *to++ = '\t'; break;
      case 'u': {
        uint32_t c = hex(at + 1);
        if (c == UINT32_MAX) { free(text); return NULL; }
        at += 4;
        if (c >= 0xd800 && c < 0xdc00 && at[1] == '\\' && at[2] == 'u') {
          uint32_t low = hex(at + 3);
          if (low >= 0xdc00 && low < 0xe000) {
            c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
            at += 6;
          }
        }
        to = put_utf8(to, c >= 0xd800 && c < 0xe000 ? 0xfffd : c);
        break;
      }
      default: *to++ = *at;
    }
  }
  *to = 0;
  return text;
}

const char *refrain_quote(const char *text) {
  char *json = rf_must_alloc(strlen(text) * 6 + 3), *to = json;
  *to++ = '"';
  for (; *text; text++) {
    unsigned char c = (unsigned char)*text;
    if (c == '"' || c == '\\') {
      *to++ = '\\';
      *to++ = (char)c;
    } else if (c < 0x20) {
      to += sprintf(to, "\\u%04x", c);
    } else {
      *to++ = (char)c;
    }
  }
  *to++ = '"';
  *to = 0;
  return json;
}
