import { Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { Express } from 'express';

/** A registered route. */
export interface Route {
  readonly method: string;
  readonly path: string;
}

/** The routes of the running application, read from the router. */
@Injectable()
export class RouteTable {
  private exact: ReadonlyMap<string, string[]> | undefined;

  constructor(private readonly host: HttpAdapterHost) {}

  /** Every route, in the order of registration. */
  all(): Route[] {
    return this.layers().flatMap(({ route }) =>
      route ? methodsOf(route.methods).map((method) => ({ method, path: route.path })) : [],
    );
  }

  /**
   * The methods that a path supports, in upper case; empty when there is no such path. A route of exactly this path, such as
   * `/teams/all`, hides those whose parameters would take it, such as `/teams/:id`.
   */
  methodsOf(path: string): string[] {
    const routes = this.layers().flatMap((layer) =>
      layer.route && matches(layer, path) ? [layer.route] : [],
    );
    const exact = routes.filter((route) => route.path === path);
    const methods = new Set((exact.length > 0 ? exact : routes).flatMap((route) => methodsOf(route.methods)));
    if (methods.has('GET')) methods.add('HEAD');
    return [...methods];
  }

  /** The same for a path without parameters that a route has exactly so; empty for every other path. To be asked once all are registered. */
  methodsOfExactly(path: string): string[] {
    this.exact ??= new Map(
      this.all().flatMap(({ path: own }) => (own.includes(':') ? [] : [[own, this.methodsOf(own)]])),
    );
    return this.exact.get(path) ?? [];
  }

  private layers(): readonly Layer[] {
    const express = this.host.httpAdapter.getInstance<Express>();
    return express.router.stack as unknown as readonly Layer[];
  }
}

/** The members read of a layer of Express 5's router. */
interface Layer {
  readonly route?: { readonly path: string; readonly methods: Readonly<Record<string, boolean>> };
  match(path: string): boolean;
}

function matches(layer: Layer, path: string): boolean {
  try {
    return layer.match(path);
  } catch {
    return false; // a malformed escape in the path matches nothing
  }
}

function methodsOf(methods: Readonly<Record<string, boolean>>): string[] {
  return Object.keys(methods)
    .filter((method) => method !== '_all')
    .map((method) => method.toUpperCase());
}
