"""Step 2: JSON-LD expansion by PyLD, fed with pinned contexts only.

PyLD is used for expansion alone. Its document loader refuses everything that is not handed in; contexts
are parsed once per source and kept, and so is each context as it holds at some place of a document. All of it
under a lock, because PyLD's caches are not made for threads. Its exceptions, bare TypeErrors included, become
ours.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

from pyld import jsonld  # type: ignore[import-untyped]
from pyld.context_resolver import ContextResolver  # type: ignore[import-untyped]
from pyld.resolved_context import ResolvedContext  # type: ignore[import-untyped]

from schemas.contexts import ContextError
from verifiers.errors import InvalidError, UndeterminedError, VerifierError

ContextSource = Callable[[str], Mapping[str, object]]

# We lack something to decide with; a changed context is another matter.
_UNDETERMINED = frozenset({"context_unknown", "context_order"})

ACTIVE_CONTEXTS_MAX = 1_024
"""Active contexts that are kept. A credential meets some dozens, the same for all of its kind."""


class Expander:
    """Expands documents with the contexts of one source; make one per source with `expander`."""

    def __init__(self, contexts: ContextSource) -> None:
        self._contexts = contexts
        self._documents: dict[str, dict[str, Any]] = {}
        self._resolver = _Resolver({}, self._load)
        self._processor = _Processor()
        self._lock = threading.Lock()

    def term_iris(self, urls: Iterable[str]) -> frozenset[str]:
        """Return every IRI that some term of these contexts stands for.

        Raises:
            UndeterminedError: context_unknown. InvalidError: context_changed.
        """
        return frozenset().union(*(_term_iris(self._document(url)) for url in urls))

    def expand(self, document: Mapping[str, Any]) -> list[Any]:
        """Return the expanded form; a term that no context defines is refused.

        Raises:
            InvalidError: term_dropped, json_ld_invalid, context_changed.
            UndeterminedError: context_unknown.

        Source: JSON-LD 1.1 API §5.1.
        """
        options = {
            "base": None,  # PyLD would otherwise invent http://example.org/base/
            "contextResolver": self._resolver,
            "documentLoader": self._load,
            "processingMode": "json-ld-1.1",
        }
        try:
            with self._lock:
                expanded: list[Any] = self._processor.expand(document, options)
        except VerifierError:
            raise
        except Exception as error:
            # JsonLdError, and the TypeError, KeyError, AttributeError of odd shapes. Messages hold values.
            raise InvalidError(
                "json_ld_invalid", f"the document is not usable JSON-LD: {_kind(error)}"
            ) from error
        return expanded

    def _document(self, url: str) -> dict[str, Any]:
        if url not in self._documents:
            try:
                self._documents[url] = _thaw(self._contexts(url))
            except ContextError as error:
                raise context_error(error) from error
        return self._documents[url]

    def _load(self, url: str, options: object = None) -> dict[str, Any]:
        # The tag makes PyLD keep the parsed context; a pinned context never changes.
        return {"contextUrl": None, "documentUrl": url, "document": self._document(url), "tag": "static"}


class _Resolver(ContextResolver):  # type: ignore[misc]  # PyLD is untyped
    """PyLD's resolver, without hashing the text of a scoped context each time one is met.

    Scoped contexts are parts of pinned documents that live as long as this object, so identity serves.
    """

    def __init__(self, shared_cache: dict[str, Any], loader: Callable[..., Any]) -> None:
        super().__init__(shared_cache, loader)
        self._by_identity: dict[int, tuple[object, list[ResolvedContext]]] = {}

    def resolve(self, active_ctx: Any, context: Any, base: Any, cycles: Any = None) -> Any:
        if not isinstance(context, dict) or "@context" in context:
            return super().resolve(active_ctx, context, base, cycles)
        known = self._by_identity.get(id(context))
        if known is None:
            # The object is kept beside the result, so that its identity is not given to another one.
            known = (context, [ResolvedContext(context)])
            self._by_identity[id(context)] = known
        return known[1]


_Frozen = type(jsonld.freeze({}))  # what PyLD makes of an active context that will not change any more


class _Processor(jsonld.JsonLdProcessor):  # type: ignore[misc]  # PyLD is untyped
    """PyLD's processor, which makes each active context once.

    PyLD gives every clone of a context a fresh identity, so that its own cache never finds a scoped context
    again; for a credential that is most of its work. An active context is a frozen value, and what a local
    context makes of it depends on nothing else: the options are the same for all documents of an `Expander`.
    """

    def __init__(self) -> None:
        super().__init__(on_property_dropped=_refuse_dropped)
        # Beside each result the objects whose identity is in its key: nobody else gets that identity.
        self._made: dict[tuple[object, ...], tuple[object, object, Any]] = {}

    def _process_context(
        self,
        active_ctx: Any,
        local_ctx: Any,
        options: Any,
        override_protected: bool = False,
        propagate: bool = True,
        validate_scoped: bool = True,
        cycles: set[str] | None = None,
    ) -> Any:
        def make() -> Any:
            return super(_Processor, self)._process_context(
                active_ctx, local_ctx, options, override_protected, propagate, validate_scoped, cycles
            )

        # PyLD tries out scoped contexts on a context that is still being made: those calls carry `cycles`.
        if cycles is not None or not isinstance(active_ctx, _Frozen):
            return make()
        key = (id(active_ctx), _name_of(local_ctx), override_protected, propagate, validate_scoped)
        if (known := self._made.get(key)) is None:
            if len(self._made) >= ACTIVE_CONTEXTS_MAX:
                self._made.clear()
            known = self._made[key] = (active_ctx, local_ctx, make())
        return known[2]


def _name_of(local_ctx: Any) -> object:
    """Return what stands for a local context: its addresses when it is made of these, else its identity."""
    if isinstance(local_ctx, str):
        return local_ctx
    if isinstance(local_ctx, list) and all(isinstance(item, str) for item in local_ctx):
        return tuple(local_ctx)
    return id(local_ctx)


def context_error(error: ContextError) -> VerifierError:
    """Return our error for a context that cannot be used: unknown is undetermined, changed is invalid."""
    kind = UndeterminedError if error.code in _UNDETERMINED else InvalidError
    return kind(error.code, str(error))


@lru_cache(maxsize=8)
def expander(contexts: ContextSource) -> Expander:
    """Return the expander of this source; the program has one source, and few are kept."""
    return Expander(contexts)


def _refuse_dropped(_term: object) -> None:
    raise InvalidError("term_dropped", "the document uses a word that none of its contexts defines")


def _kind(error: Exception) -> str:
    code = getattr(error, "code", None)
    return code if isinstance(code, str) else type(error).__name__


def _term_iris(value: Any) -> frozenset[str]:
    if isinstance(value, dict):
        texts = {item for item in value.values() if isinstance(item, str) and ":" in item}
        return frozenset(texts).union(
            *(_term_iris(item) for item in value.values() if isinstance(item, dict))
        )
    return frozenset()


def _thaw(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _thaw(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_thaw(item) for item in value]
    return value
