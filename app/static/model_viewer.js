// Shows a GLB that stands in the page as base64, turning slowly; a drag turns it by hand. Positions, normals, colours and
// the tree of nodes are read; what is beyond that (animations, skins, textures) is left out.
(function () {
  "use strict";
  const holder = document.getElementById("model");
  const bytes = Uint8Array.from(atob(holder.dataset.glb), (sign) => sign.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  const jsonLength = view.getUint32(12, true);
  const scene = JSON.parse(new TextDecoder().decode(bytes.subarray(20, 20 + jsonLength)));
  const numbersAt = 20 + jsonLength + 8;
  const gl = holder.getContext("webgl", { antialias: true, alpha: true });
  const say = (text) => { document.getElementById("words").textContent = text; };
  if (!gl) { say("This browser cannot show 3D models."); return; }
  gl.getExtension("OES_element_index_uint");

  const KINDS = { 5120: Int8Array, 5121: Uint8Array, 5122: Int16Array, 5123: Uint16Array, 5125: Uint32Array, 5126: Float32Array };
  const WIDTH = { SCALAR: 1, VEC2: 2, VEC3: 3, VEC4: 4, MAT4: 16 };

  function buffer(number) {
    const uri = scene.buffers[number].uri;
    if (!uri) { return { data: bytes.buffer, start: numbersAt }; }
    const inside = Uint8Array.from(atob(uri.slice(uri.indexOf(",") + 1)), (sign) => sign.charCodeAt(0));
    return { data: inside.buffer, start: 0 };
  }

  function read(number) {
    const accessor = scene.accessors[number], Kind = KINDS[accessor.componentType], width = WIDTH[accessor.type];
    const found = new (Kind === Float32Array ? Float32Array : Kind)(accessor.count * width);
    if (accessor.bufferView === undefined) { return found; }
    const part = scene.bufferViews[accessor.bufferView], source = buffer(part.buffer || 0);
    const start = source.start + (part.byteOffset || 0) + (accessor.byteOffset || 0);
    const step = part.byteStride || width * Kind.BYTES_PER_ELEMENT;
    for (let i = 0; i < accessor.count; i++) {
      const one = new Kind(source.data.slice(start + i * step, start + i * step + width * Kind.BYTES_PER_ELEMENT));
      found.set(one, i * width);
    }
    return found;
  }

  function times(a, b) {
    const made = new Float32Array(16);
    for (let c = 0; c < 4; c++) { for (let r = 0; r < 4; r++) {
      let sum = 0;
      for (let k = 0; k < 4; k++) { sum += a[k * 4 + r] * b[c * 4 + k]; }
      made[c * 4 + r] = sum;
    } }
    return made;
  }

  function placed(node) {
    if (node.matrix) { return new Float32Array(node.matrix); }
    const [x, y, z, w] = node.rotation || [0, 0, 0, 1], s = node.scale || [1, 1, 1], t = node.translation || [0, 0, 0];
    return new Float32Array([
      (1 - 2 * (y * y + z * z)) * s[0], 2 * (x * y + z * w) * s[0], 2 * (x * z - y * w) * s[0], 0,
      2 * (x * y - z * w) * s[1], (1 - 2 * (x * x + z * z)) * s[1], 2 * (y * z + x * w) * s[1], 0,
      2 * (x * z + y * w) * s[2], 2 * (y * z - x * w) * s[2], (1 - 2 * (x * x + y * y)) * s[2], 0,
      t[0], t[1], t[2], 1]);
  }

  const parts = [];
  function gather(number, above, depth) {
    if (depth > 60) { return; }
    const node = scene.nodes[number], here = times(above, placed(node));
    if (node.mesh !== undefined) { scene.meshes[node.mesh].primitives.forEach((one) => add(one, here)); }
    (node.children || []).forEach((child) => gather(child, here, depth + 1));
  }

  function add(primitive, matrix) {
    if ((primitive.mode === undefined ? 4 : primitive.mode) !== 4) { return; }
    const local = read(primitive.attributes.POSITION), index = primitive.indices === undefined ? null : read(primitive.indices);
    const count = index ? index.length : local.length / 3;
    const points = new Float32Array(count * 3), normals = new Float32Array(count * 3);
    for (let i = 0; i < count; i++) {
      const at = (index ? index[i] : i) * 3;
      for (let r = 0; r < 3; r++) {
        points[i * 3 + r] = matrix[r] * local[at] + matrix[4 + r] * local[at + 1] + matrix[8 + r] * local[at + 2] + matrix[12 + r];
      }
    }
    const given = primitive.attributes.NORMAL === undefined ? null : read(primitive.attributes.NORMAL);
    for (let i = 0; i + 2 < count; i += 3) {
      const p = points.subarray(i * 3, i * 3 + 9);
      const u = [p[3] - p[0], p[4] - p[1], p[5] - p[2]], v = [p[6] - p[0], p[7] - p[1], p[8] - p[2]];
      const flat = [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]];
      for (let k = 0; k < 3; k++) {
        const at = (index ? index[i + k] : i + k) * 3;
        for (let r = 0; r < 3; r++) {
          normals[(i + k) * 3 + r] = given
            ? matrix[r] * given[at] + matrix[4 + r] * given[at + 1] + matrix[8 + r] * given[at + 2] : flat[r];
        }
      }
    }
    const material = primitive.material === undefined ? {} : scene.materials[primitive.material];
    const colour = (material.pbrMetallicRoughness || {}).baseColorFactor || [0.62, 0.66, 0.72, 1];
    parts.push({ points, normals, colour, count });
  }

  const same = new Float32Array([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]);
  const shown = (scene.scenes || [])[scene.scene || 0];
  const roots = shown ? shown.nodes : (scene.nodes || []).map((_, number) => number);
  try { roots.forEach((number) => gather(number, same, 0)); } catch (problem) { say("This 3D model could not be shown."); return; }
  if (!parts.length) { say("This 3D model has no surfaces to show."); return; }

  const low = [Infinity, Infinity, Infinity], high = [-Infinity, -Infinity, -Infinity];
  parts.forEach((part) => part.points.forEach((value, i) => {
    low[i % 3] = Math.min(low[i % 3], value); high[i % 3] = Math.max(high[i % 3], value);
  }));
  const centre = low.map((value, i) => (value + high[i]) / 2);
  const radius = Math.hypot(...high.map((value, i) => value - centre[i])) || 1;

  function shader(kind, code) {
    const made = gl.createShader(kind);
    gl.shaderSource(made, code); gl.compileShader(made);
    return made;
  }
  const program = gl.createProgram();
  gl.attachShader(program, shader(gl.VERTEX_SHADER, `
    attribute vec3 point; attribute vec3 normal; uniform mat4 turn; uniform mat4 look; uniform vec3 centre; uniform float radius;
    varying vec3 side;
    void main() { side = mat3(turn) * normal; vec4 here = turn * vec4((point - centre) / radius, 1.0);
      gl_Position = look * vec4(here.xy, here.z - 2.9, 1.0); }`));
  gl.attachShader(program, shader(gl.FRAGMENT_SHADER, `
    precision mediump float; varying vec3 side; uniform vec4 colour;
    void main() { vec3 n = normalize(side); if (!gl_FrontFacing) { n = -n; }
      float light = 0.35 + 0.5 * max(dot(n, normalize(vec3(0.5, 0.8, 0.9))), 0.0) + 0.2 * max(dot(n, normalize(vec3(-0.7, -0.1, 0.6))), 0.0);
      gl_FragColor = vec4(pow(colour.rgb * light, vec3(0.4545)), 1.0); }`));
  gl.linkProgram(program); gl.useProgram(program); gl.enable(gl.DEPTH_TEST);
  parts.forEach((part) => ["points", "normals"].forEach((name) => {
    part[name + "Buffer"] = gl.createBuffer();
    gl.bindBuffer(gl.ARRAY_BUFFER, part[name + "Buffer"]); gl.bufferData(gl.ARRAY_BUFFER, part[name], gl.STATIC_DRAW);
  }));
  const where = (name) => gl.getUniformLocation(program, name);
  gl.uniform3fv(where("centre"), centre); gl.uniform1f(where("radius"), radius);

  let yaw = 0.6, pitch = 0.35, held = null, drawn = 0;
  holder.addEventListener("pointerdown", (e) => { held = [e.clientX, e.clientY]; holder.setPointerCapture(e.pointerId); });
  holder.addEventListener("pointerup", () => { held = null; });
  holder.addEventListener("pointermove", (e) => {
    if (!held) { return; }
    yaw += (e.clientX - held[0]) / 120; pitch = Math.max(-1.5, Math.min(1.5, pitch + (e.clientY - held[1]) / 120));
    held = [e.clientX, e.clientY];
  });
  holder.addEventListener("keydown", (e) => {
    yaw += { ArrowLeft: -0.2, ArrowRight: 0.2 }[e.key] || 0; pitch += { ArrowUp: -0.2, ArrowDown: 0.2 }[e.key] || 0;
  });
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;

  function draw() {
    const width = holder.clientWidth * devicePixelRatio, height = holder.clientHeight * devicePixelRatio;
    if (holder.width !== width || holder.height !== height) { holder.width = width; holder.height = height; }
    gl.viewport(0, 0, width, height); gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    if (!held && !calm) { yaw += 0.008; }
    const [a, b, c, d] = [Math.cos(yaw), Math.sin(yaw), Math.cos(pitch), Math.sin(pitch)];
    gl.uniformMatrix4fv(where("turn"), false, [a, b * d, -b * c, 0, 0, c, d, 0, b, -a * d, a * c, 0, 0, 0, 0, 1]);
    const f = 2.1, near = 0.5, far = 10, wide = width / height;
    gl.uniformMatrix4fv(where("look"), false, [f / Math.max(wide, 1), 0, 0, 0, 0, f * Math.min(wide, 1), 0, 0,
      0, 0, (far + near) / (near - far), -1, 0, 0, 2 * far * near / (near - far), 0]);
    parts.forEach((part) => {
      ["point", "normal"].forEach((name) => {
        const place = gl.getAttribLocation(program, name);
        gl.bindBuffer(gl.ARRAY_BUFFER, part[name + "sBuffer"]);
        gl.enableVertexAttribArray(place); gl.vertexAttribPointer(place, 3, gl.FLOAT, false, 0, 0);
      });
      gl.uniform4fv(where("colour"), part.colour);
      gl.drawArrays(gl.TRIANGLES, 0, part.count);
    });
    drawn += 1; holder.dataset.drawn = String(drawn);
    requestAnimationFrame(draw);
  }
  say("Drag to turn it"); draw();
})();
